import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { chooseParquetColumns } from "../../../core/archive/format/parquet-columns";
import { Cancelled } from "../../../postgres/connect/session-errors";
import { collect, inPieces, withCodecs } from "./support";

const columns = chooseParquetColumns([
  { name: "id", type: "bigint", kind: "b", category: "N" },
  { name: "v", type: "text", kind: "b", category: "S" },
]);

describe("a codec that is stopped", () => {
  const codecs = withCodecs();
  const file = codecs.path("part.parquet");
  const open = () => codecs.open(columns);
  const left = (): string[] => readdirSync(codecs.path("."), { recursive: true }).map(String);

  it("passes the failure of its source on, and leaves nothing behind", async () => {
    const codec = await open();
    const source = new PassThrough();
    source.write('"1","a"\n');
    setImmediate(() => source.destroy(new Error("connection lost")));
    await expect(codec.encode(source, codecs.path("lost.parquet"))).rejects.toThrow("connection lost");
    expect(left()).not.toContain("lost.parquet");
  });

  it.each(["while rows come", "while they are written", "while they are read back"])(
    "can be cancelled %s",
    async (when) => {
      const codec = await open();
      const stop = new AbortController();
      const options = { signal: stop.signal };
      const text = `"1","${randomBytes(50_000).toString("hex")}"\n`.repeat(1_500);
      if (when === "while rows come") {
        const source = new PassThrough();
        source.write('"1","a"\n');
        setTimeout(() => stop.abort(), 20);
        await expect(codec.encode(source, file, options)).rejects.toBeInstanceOf(Cancelled);
        expect(source.destroyed).toBe(true);
        return;
      }
      if (when === "while they are written") {
        const encoding = codec.encode(inPieces(text, 1 << 20), codecs.path("cut.parquet"), { ...options, onRead: (bytes) => { if (bytes === text.length) setTimeout(() => stop.abort(), 30); } }); // prettier-ignore
        await expect(encoding).rejects.toBeInstanceOf(Cancelled);
        expect(left()).not.toContain("cut.parquet");
        return;
      }
      await codec.encode(inPieces(text, 1 << 20), file);
      setTimeout(() => stop.abort(), 30);
      await expect(codec.prove(file, options)).rejects.toBeInstanceOf(Cancelled);
      await expect(codec.read(file, options).then(collect)).rejects.toBeInstanceOf(Cancelled);
    },
  );
});
