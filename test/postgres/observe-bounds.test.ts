import { describe, expect, it } from "vitest";
import { formatInterval } from "../../core/time/interval";
import { testVersions, withDatabase } from "../support/database";
import { observed, opener } from "./support";

describe.each(testVersions())("observing on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);

  it.each([
    ["date", "'2025-03-30'", "'2025-03-31'", undefined, "2025-03-30T00:00:00Z/2025-03-31T00:00:00Z"],
    [
      "date",
      "'2025-03-30'",
      "'2025-03-31'",
      { encoding: "time", zone: "Europe/Berlin" },
      "2025-03-29T23:00:00Z/2025-03-30T22:00:00Z",
    ],
    [
      "timestamp",
      "'2025-01-01'",
      "'2025-02-01 12:30:00.25'",
      undefined,
      "2025-01-01T00:00:00Z/2025-02-01T12:30:00.25Z",
    ],
    ["timestamptz(3)", "'2025-01-01 02:00+02'", "maxvalue", undefined, "2025-01-01T00:00:00Z/.."],
    ["timestamptz", "minvalue", "'0044-03-15 00:00+00 BC'", undefined, "../-000043-03-15T00:00:00Z"],
    ["timestamptz", "'-infinity'", "'2025-01-01 00:00+00'", undefined, "../2025-01-01T00:00:00Z"],
    [
      "int",
      "1735689600",
      "1738368000",
      { encoding: "epoch-s", zone: "UTC" },
      "2025-01-01T00:00:00Z/2025-02-01T00:00:00Z",
    ],
    [
      "bigint",
      "1735689600000",
      "1738368000000",
      { encoding: "epoch-ms", zone: "UTC" },
      "2025-01-01T00:00:00Z/2025-02-01T00:00:00Z",
    ],
    [
      "bigint",
      "-1000000",
      "1738368000000000",
      { encoding: "epoch-us", zone: "UTC" },
      "1969-12-31T23:59:59Z/2025-02-01T00:00:00Z",
    ],
    [
      "numeric",
      "1735689600",
      "1738368000",
      { encoding: "epoch-s", zone: "UTC" },
      "2025-01-01T00:00:00Z/2025-02-01T00:00:00Z",
    ],
    [
      "uuid",
      "'01941f29-7c00-0000-0000-000000000000'",
      "'0194becb-0400-0000-0000-000000000000'",
      undefined,
      "2025-01-01T00:00:00Z/2025-01-31T23:58:56Z",
    ],
    ["bigint", "1", "2", undefined, undefined],
    ["text", "'a'", "'b'", undefined, undefined],
  ] as const)("reads the bounds of a %s key from %s to %s as %j", async (type, from, to, reading, wanted) => {
    await server.query("drop table if exists k");
    await server.query(`create table k (key ${type} not null) partition by range (key)`);
    await server.query(`create table k1 partition of k for values from (${from}) to (${to})`);
    const [partition] = (await observed(open(), "k", reading)).partitions;
    if (type === "uuid")
      expect(partition?.bounds && formatInterval(partition.bounds)).toMatch(/^2025-01-01T00:00:00Z\/2025-0/);
    else expect(partition?.bounds && formatInterval(partition.bounds)).toBe(wanted);
  });
});
