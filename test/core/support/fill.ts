// Fills the holes of a prepared text as the function in the database does.
import type { Hole, HoleName, Template } from "../../../core/names/hole";
import { fitIdentifier } from "../../../core/names/identifier";

type Holes = Partial<Record<HoleName, string>>;

export function fill(template: Template, holes: Holes): string {
  return template.map((piece) => (typeof piece === "string" ? piece : fillHole(piece, holes))).join("");
}

function fillHole(piece: Hole, holes: Holes): string {
  const text = "hole" in piece ? holes[piece.hole] : fitIdentifier(fill(piece.fit, holes));
  if (text === undefined) throw new Error(`nothing is known for ${JSON.stringify(piece)}`);
  const [double, single] = piece.quotes ?? [1, 1];
  return text.replaceAll('"', '"'.repeat(double)).replaceAll("'", "'".repeat(single));
}
