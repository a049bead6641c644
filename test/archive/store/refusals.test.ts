// What a store refuses, and what is said of it: never with a credential.
import { describe, expect, it } from "vitest";
import { withObjectStore } from "../../support/harness/object-store";
import type { Fault } from "../../support/harness/s3-faults";
import { always, answer, failure, leaks, once, withFaults } from "./fault-support";
import { PART } from "./limits";
import { body, keysBelow, withEnvironment, withFolder, withStores } from "./support";

const s3 = withObjectStore({ own: true });
const { proxy, pair, times } = withFaults(s3);
const folder = withFolder();
const open = withStores();

describe("a store that refuses", () => {
  it.each<[string, Fault, string, RegExp]>([
    ["rights", answer(403, "AccessDenied"), "denied", /AccessDenied.*rights of docs\/object-stores\.md/],
    ["an unknown key", answer(403, "InvalidAccessKeyId"), "credentials", /InvalidAccessKeyId.*Give valid credentials/],
    ["an expired token", answer(400, "ExpiredToken"), "credentials", /ExpiredToken.*expired ones must be renewed/],
    ["the clock", answer(403, "RequestTimeTooSkewed"), "clock", /RequestTimeTooSkewed.*this machine's clock/],
    [
      "the region",
      answer(400, "AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>"),
      "wrong-region",
      /Set region: "eu-central-1"/,
    ],
    ["the region by a redirect", answer(301, "PermanentRedirect"), "wrong-region", /PermanentRedirect.*Set `region`/],
    ["the class", answer(403, "InvalidObjectState"), "frozen", /InvalidObjectState.*Request a restore/],
    ["the key of KMS", answer(400, "KMS.NotFoundException"), "configuration", /KMS\.NotFoundException/],
    ["what it does not know", answer(501, "NotImplemented"), "unsupported", /NotImplemented.*another store/],
  ])("E07 refused for %s: object, cause and fix are said", async (_, fault, kind, said) => {
    const { store } = pair();
    proxy().rule(({ operation }) => (operation === "HeadObject" ? undefined : fault));
    for (const ask of [() => store.put("refused", body("x")), () => store.get("refused"), () => keysBelow(store)]) {
      const error = await failure(ask());
      expect(error.kind).toBe(kind);
      expect(error.message).toMatch(said);
      expect(error.message).toContain(store.url);
    }
  });

  it("E07 a token expires in mid-run: new credentials are asked for once, and the run continues", async () => {
    const { store } = pair();
    proxy().rule(once("UploadPart", answer(400, "ExpiredToken"), 2));
    const file = folder.file(3 * PART);
    expect(await store.put("renewed", file)).toMatchObject({ sha256: file.sha256 });
    expect(times("CreateMultipartUpload")).toBe(2);
  });

  it("E07 wrong credentials: refused, and neither key is in the error", async () => {
    const wrong = "wrong/secret+canary0123456789abcdefghijkl";
    await withEnvironment({ AWS_SECRET_ACCESS_KEY: wrong }, async () => {
      const error = await failure(open(s3.settings()).put("x", body("x")));
      expect(error.kind).toMatch(/credentials|denied/);
      expect(leaks(error, [wrong, process.env["AWS_ACCESS_KEY_ID"] ?? ""])).toEqual([]);
    });
  });

  it("E07 a store that quotes key and token in its error: neither is in the reported one", async () => {
    const { store } = pair();
    const secrets = [s3.secret, process.env["AWS_ACCESS_KEY_ID"] ?? ""];
    const message = `the key ${secrets.join(" with the secret ")} is not known`;
    proxy().rule(
      always("PutObject", {
        kind: "answer",
        status: 403,
        code: "InvalidAccessKeyId",
        message,
        xml: `<AWSAccessKeyId>${secrets[1] ?? ""}</AWSAccessKeyId>`,
      }),
    );
    const error = await failure(store.put("x", body("x")));
    expect(error.message).toContain("the key *** with the secret *** is not known");
    expect(leaks(error, secrets)).toEqual([]);
  });

  it("E08 no such bucket: named, in a check that writes nothing as in a put", async () => {
    const store = open(s3.settings({ to: "s3://no-such-bucket/x" }));
    for (const ask of [() => store.check(), () => store.put("x", body("x")), () => keysBelow(store)])
      expect(await failure(ask())).toMatchObject({
        kind: "no-bucket",
        message: expect.stringMatching(/"s3:\/\/no-such-bucket.*Create it first/),
      });
    expect(await failure(open({ to: `file://${folder.path}/none` }).check())).toMatchObject({ kind: "no-bucket" });
  });

  it("E08 a bucket without Object Lock where the settings want it: refused by the check", async () => {
    const store = open(s3.settings({ objectLock: { mode: "governance", for: "7 days" } }));
    expect(await failure(store.check())).toMatchObject({
      kind: "configuration",
      message: expect.stringContaining("the bucket has no Object Lock"),
    });
  });

  it("E08 what a bucket promises is unknown where the role may not ask, and silence is an error", async () => {
    const { store } = pair();
    proxy().rule(always("BucketSetting", answer(403, "AccessDenied")));
    expect(await store.check()).toEqual({
      versioning: undefined,
      objectLock: undefined,
      encryption: undefined,
      region: undefined,
    });
    proxy().rule(always("BucketSetting", answer(503, "SlowDown")));
    expect(await failure(store.check())).toMatchObject({ kind: "busy" });
  }, 90_000);

  it("a role that may list its prefix alone gets 403 for a missing object: a listing decides", async () => {
    const { store, direct } = pair();
    proxy().rule(always("HeadObject", answer(403, "AccessDenied")));
    expect(await store.head("none")).toBeUndefined();
    await direct.put("there", body("x"));
    expect(await failure(store.head("there"))).toMatchObject({ kind: "denied" });
    expect(await store.head("ther")).toBeUndefined();
  });

  /** Nothing that the SDK could find a region or credentials in. */
  const nothing = {
    AWS_REGION: undefined,
    AWS_DEFAULT_REGION: undefined,
    AWS_PROFILE: undefined,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  };

  it("no region anywhere, and Amazon's own store: said before anything is asked", () =>
    withEnvironment(nothing, async () => {
      const error = await failure(open({ to: "s3://archive/x" }).check());
      expect(error).toMatchObject({ kind: "configuration", message: expect.stringContaining("Region is missing") });
    }));

  it("no credentials anywhere: the ways to give them are said", () =>
    withEnvironment({ ...nothing, AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined }, async () => {
      const error = await failure(open(s3.settings()).check());
      expect(error).toMatchObject({ kind: "credentials", message: expect.stringContaining("AWS_PROFILE") });
    }));
});
