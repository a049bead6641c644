// Who may see the rows of a table: row security, grants, publications.
import type { Case } from "./case";
import { policy, rolling } from "./declarations";

export const ACCESS_CASES: readonly Case[] = [
  {
    kind: "is closed, opened and closed",
    covers: ["align", "~RowPolicy", "-RowPolicy"],
    steps: [
      { rowSecurity: policy, grants: { truth_reader: ["select"] } },
      {
        rowSecurity: { policies: { own: { roles: ["truth_reader"], using: "id > 1" } }, partitionAccess: "mirror" },
        grants: { truth_reader: ["select", "insert"] },
      },
      { grants: {} },
    ],
  },
  {
    kind: "opens its partitions as they leave",
    covers: ["align"],
    steps: [
      { window: rolling, rowSecurity: policy, grants: { truth_reader: ["select"] } },
      { window: rolling, rowSecurity: policy, grants: { truth_reader: ["select"] } },
    ],
    between: ["grant select on %s.t_p2026_04 to truth_reader;"],
  },
  {
    kind: "is published, differently, and no more",
    covers: ["+PublicationMember", "~PublicationMember", "-PublicationMember"],
    steps: [
      {},
      { publications: { "truth_%s": { create: true, viaRoot: true } } },
      { publications: { "truth_%s": { create: { publish: ["insert"] }, viaRoot: true, where: "id > 0" } } },
    ],
  },
  {
    kind: "is published no more",
    covers: ["-PublicationMember"],
    steps: [{ publications: { "truth_%s": { create: true } } }, {}],
  },
];
