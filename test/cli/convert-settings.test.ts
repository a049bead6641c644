import { describe, expect, it } from "vitest";
import { anyVersion, urlOf, withDatabase } from "../support/database";
import { dumpSchemas } from "../support/harness/dump";
import { up } from "../support/harness/rounds";
import { SWAPPING, VERIFYING, withConvertible } from "./convert-support";
import { onDatabase } from "./support";

describe.each(anyVersion())(
  "PostgreSQL %s, pgpartition convert pause, pace, stop-before-swap and give-up",
  (version) => {
    const database = withDatabase(version);
    const { deployment, cli, status, rows, isPlain } = withConvertible(database);

    it("settings are kept for every run, and an update that was told so stops before its swap until it is resumed", async () => {
      expect((await up(database, deployment, VERIFYING)).error).toBeUndefined();
      const before = await rows();
      const [pace, stopped] = [await cli("pace", "app.events", "25"), await cli("stop-before-swap", "app.events")];
      expect(pace).toEqual({ code: 0, stdout: "the conversion of app.events works 25 % of the time\n", stderr: "" });
      expect(stopped.stdout).toBe(
        "the conversion of app.events stops before its swap; pgpartition convert resume takes it back\n",
      );
      expect(await status()).toMatchObject({ pacePercent: 25, stopBeforeSwap: true, paused: false });
      const refused = ["0", "101", "2.5"].map(async (text) => [text, await cli("pace", "app.events", text)] as const);
      for (const [text, result] of await Promise.all(refused))
        expect(result).toEqual({
          code: 1,
          stdout: "",
          stderr: `pgpartition: "${text}" is not a share of the time; write a whole number of percent from 1 to 100\n`,
        });
      expect((await up(database, deployment, SWAPPING)).error).toMatch(
        /conversion of "app\.events" is verified, and was told to stop before its swap\. Run pgpartition convert resume app\.events, then the update again/,
      );
      expect(await isPlain()).toBe(true);

      // A pause keeps it from the swap as well.
      await cli("resume", "app.events");
      await cli("pause", "app.events");
      expect((await up(database, deployment, SWAPPING)).error).toMatch(/is verified, and was paused\. Run pgpartition/);
      await cli("resume", "app.events");
      expect(await status()).toMatchObject({ pacePercent: 25, stopBeforeSwap: false, paused: false });
      expect((await up(database, deployment, SWAPPING)).error).toBeUndefined();
      expect(await isPlain()).toBe(false);
      expect(await rows()).toEqual(before);

      const late = await Promise.all([
        cli("pause", "app.events"),
        cli("run", "app.events"),
        cli("give-up", "app.events", "--yes"),
      ]);
      for (const { code, stdout, stderr } of late) {
        expect([code, stdout]).toEqual([1, ""]);
        expect(stderr).toBe(
          'pgpartition: the conversion of "app.events" was swapped already: the table is partitioned, and its former rows are in "app.events_legacy"\n',
        );
      }
    });

    it("give-up asks for --yes, and leaves the table exactly as before, also where the copy could not go on", async () => {
      const before = [await dumpSchemas(database, ["app"]), await rows()];
      expect((await up(database, deployment, VERIFYING)).error).toBeUndefined();
      const asked = await cli("give-up", "app.events");
      expect([asked.code, asked.stdout]).toEqual([1, ""]);
      expect(asked.stderr).toMatch(/drops its copy of 5,000 rows, begun at .*: add --yes to do it/);
      expect(await status()).toMatchObject({ phase: "verified" });

      await database.query("create materialized view app.seen as select id from app.events");
      expect((await cli("run", "app.events", "--once")).stderr).toMatch(
        /^pgpartition: conversion of "app\.events": .*materiali[sz]ed view/,
      );
      const { code, stdout, stderr } = await cli("give-up", "app.events", "--yes");
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(
        /^the conversion of app\.events is given up, and the table is as it was; remove convertFrom/,
      );
      await database.query("drop materialized view app.seen");
      expect([await dumpSchemas(database, ["app"]), await rows()]).toEqual(before);
      expect((await cli("status")).stdout).toMatch(/^no conversion by copy is under way/);
      expect((await cli("give-up", "app.events", "--yes")).stderr).toMatch(
        /no conversion of "app\.events" is under way/,
      );
    });

    it("what stands against a verb is said in one sentence: no conversion, no table, no right, no journal", async () => {
      const sentence = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await cli(...args);
        expect([code, stdout]).toEqual([1, ""]);
        expect(stderr).not.toMatch(/^\s+at /m);
        return stderr;
      };
      const none =
        'pgpartition: no conversion of "app.events" is under way; pgpartition convert status lists those that are. ' +
        'One begins with convertFrom: { strategy: "copy" } in the program, and pulumi up\n';
      expect(
        await Promise.all([
          sentence("run", "app.events"),
          sentence("resume", "app.events"),
          sentence("pace", "app.events", "50"),
          sentence("stop-before-swap", "app.events"),
        ]),
      ).toEqual([none, none, none, none]);
      expect(await sentence("pause", "app.none")).toBe('pgpartition: table "app.none" does not exist\n');
      expect(await sentence("pause", "a.b.c")).toMatch(/"a\.b\.c" is not a table; write schema\.table/);

      const role = `reader_${database.database}`;
      await database.query(
        `create role ${role} login password 'x'; grant usage on schema pgpartition to ${role}; grant select on pgpartition.version to ${role}`,
      );
      try {
        const url = urlOf({ ...database, user: role, password: "x" }, database.database);
        const { code, stderr } = await onDatabase({ url }, "convert", "status");
        expect(code).toBe(1);
        expect(stderr).toMatch(
          /permission denied for table conversions.*SELECT and UPDATE on "pgpartition"\.conversions/,
        );
      } finally {
        await database.query(`drop owned by ${role}; drop role ${role}`);
      }

      await database.query("delete from pgpartition.version where version >= 6");
      expect(await sentence("pause", "app.events")).toBe(
        'pgpartition: management schema "pgpartition" has version 5, and conversions by copy need 6: pulumi up of its stack upgrades it\n',
      );
      await database.query("drop schema pgpartition cascade");
      expect(await sentence("pause", "app.events")).toMatch(/no management schema "pgpartition" of pgpartition exists/);
    });
  },
);
