import { status } from "@grpc/grpc-js";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { afterEach, describe, expect, it } from "vitest";
import { decode, encode } from "../../provider/runtime/property-codec";
import type { ResourceContext } from "../../provider/runtime/call-context";
import { MissingConfig, PartialFailure, Refusal } from "../../provider/runtime/failures";
import { containsUnknown, UNKNOWN } from "../../provider/runtime/values";
import type { PropertyMap, PropertyPath } from "../../provider/runtime/values";
import { ask, closeAll, connect, failure, fakeHandler, fakeModule, TOKEN, URN } from "./wire-support";

afterEach(closeAll);

function createRequest(inputs: PropertyMap, secrets: readonly PropertyPath[] = [], preview = false): pb.CreateRequest {
  const request = new pb.CreateRequest();
  request.setUrn(URN);
  request.setProperties(encode(inputs, secrets));
  request.setPreview(preview);
  return request;
}

/** What the engine finds in the trailer of an error. */
function detailsOf(error: { metadata: { get(key: string): (string | Buffer)[] } }): [string, Uint8Array][] {
  const [packed] = error.metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(packed)) throw new Error("no details");
  const list = Status.deserializeBinary(packed).getDetailsList();
  return list.map((any) => [any.getTypeName(), any.getValue_asU8()]);
}

describe("provider service", () => {
  it("introduces itself", async () => {
    const client = await connect(fakeModule(fakeHandler()));
    const hello = await ask(client, "handshake", new pb.ProviderHandshakeRequest());
    expect([hello.getAcceptSecrets(), hello.getAcceptResources(), hello.getAcceptOutputs()]).toEqual([
      true,
      true,
      true,
    ]);
    expect((await ask(client, "getPluginInfo", new Empty())).getVersion()).toBe("1.2.3");
    expect((await ask(client, "getSchema", new pb.GetSchemaRequest())).getSchema()).toBe('{"name":"fake"}');
    const mapping = await ask(client, "getMapping", new pb.GetMappingRequest());
    expect(mapping.getProvider()).toBe("");
    const refused = await failure(ask(client, "parameterize", new pb.ParameterizeRequest()));
    expect(refused.code).toBe(status.UNIMPLEMENTED);
  });

  it("gives a handler plain values, their secret paths and the parts of the URN", async () => {
    const seen: [ResourceContext, PropertyMap][] = [];
    const client = await connect(
      fakeModule(
        fakeHandler({
          create: (ctx, { inputs }) => {
            seen.push([ctx, inputs]);
            return Promise.resolve({ id: "1", outputs: { ...inputs, token: "made" }, secrets: [["token"]] });
          },
        }),
      ),
    );
    const response = await ask(client, "create", createRequest({ user: "u", pw: "s3cret" }, [["pw"]]));
    expect(decode(response.getProperties())).toEqual({
      value: { user: "u", pw: "s3cret", token: "made" },
      secrets: [["pw"], ["token"]],
    });
    const [[ctx, inputs] = []] = seen;
    expect(inputs).toEqual({ user: "u", pw: "s3cret" });
    expect(ctx).toMatchObject({ stack: "dev", project: "shop", type: TOKEN, name: "my::thing", secrets: [["pw"]] });
  });

  it("makes a whole list secret when its order changed around a secret in it", async () => {
    const reversed = fakeHandler({
      create: (_ctx, { inputs }) => Promise.resolve({ id: "1", outputs: { users: [inputs["b"] ?? null, "x"] } }),
    });
    const client = await connect(fakeModule(reversed));
    const request = createRequest({ users: ["x", "canary"], b: "canary" }, [["users", 1]]);
    const response = await ask(client, "create", request);
    expect(decode(response.getProperties()).secrets).toEqual([["users"]]);
  });

  it("passes unknowns through a preview in both directions", async () => {
    const seen: boolean[] = [];
    const previewing = fakeHandler({
      create: (_ctx, { inputs, preview }) => {
        seen.push(preview, containsUnknown(inputs["bucket"]));
        return Promise.resolve({ id: "", outputs: { ...inputs, oid: UNKNOWN } });
      },
    });
    const client = await connect(fakeModule(previewing));
    const response = await ask(client, "create", createRequest({ bucket: UNKNOWN }, [["bucket"]], true));
    expect(seen).toEqual([true, true]);
    expect(decode(response.getProperties())).toEqual({
      value: { bucket: UNKNOWN, oid: UNKNOWN },
      secrets: [["bucket"]],
    });
  });

  it("returns every failure of a check with its path, which the engine is not given as a property to print a value of", async () => {
    const failures = [
      { property: "window.lead", reason: "is 0" },
      { property: "table", reason: "is empty" },
    ];
    const client = await connect(
      fakeModule(
        fakeHandler({
          check: (_ctx, { olds }) => Promise.resolve({ inputs: { first: olds === undefined }, failures }),
        }),
      ),
    );
    const request = new pb.CheckRequest();
    request.setUrn(URN);
    request.setNews(encode({}));
    const response = await ask(client, "check", request);
    expect(response.getFailuresList().map((failed) => failed.toObject())).toEqual([
      { property: "", reason: "window.lead: is 0" },
      { property: "", reason: "table: is empty" },
    ]);
    expect(decode(response.getInputs()).value).toEqual({ first: true });
  });

  it("names the top-level property of every path of a detailed diff", async () => {
    const client = await connect(
      fakeModule(
        fakeHandler({
          diff: () =>
            Promise.resolve({
              changes: true,
              detailedDiff: {
                "window.lead": "update",
                "window.start": "add",
                '["a.b"].c': { kind: "delete", inputDiff: false },
                "levels[0]": "update-replace",
              },
            }),
        }),
      ),
    );
    const request = new pb.DiffRequest();
    request.setUrn(URN);
    const response = await ask(client, "diff", request);
    expect(response.getDiffsList()).toEqual(["window", "a.b", "levels"]);
    expect(response.getHasdetaileddiff()).toBe(true);
    expect(response.getDetaileddiffMap().get('["a.b"].c')?.toObject()).toEqual({
      kind: pb.PropertyDiff.Kind.DELETE,
      inputdiff: false,
    });
    expect(response.getChanges()).toBe(pb.DiffResponse.DiffChanges.DIFF_SOME);
  });

  it("answers a read of a missing object with an empty id, and distinguishes an import from a refresh", async () => {
    const seen: unknown[] = [];
    const client = await connect(
      fakeModule(fakeHandler({ read: (_ctx, request) => (seen.push(request), Promise.resolve(undefined)) })),
    );
    const request = new pb.ReadRequest();
    request.setUrn(URN);
    request.setId("public.t");
    expect((await ask(client, "read", request)).getId()).toBe("");
    request.setInputs(encode({}));
    request.setProperties(encode({ a: 1 }));
    await ask(client, "read", request);
    expect(seen).toEqual([
      { id: "public.t", oldInputs: undefined, oldOutputs: undefined },
      { id: "public.t", oldInputs: {}, oldOutputs: { a: 1 } },
    ]);
  });

  it("packs a partial failure with id, outputs and reasons, and keeps its secrets secret", async () => {
    const client = await connect(
      fakeModule(
        fakeHandler({
          create: (ctx, { inputs }) => {
            ctx.redact("s3cret");
            return Promise.reject(
              new PartialFailure({
                id: "half",
                outputs: { ...inputs, partitionCount: 2 },
                reasons: ["built 2 of 3 partitions"],
                cause: new Error("disk of s3cret full"),
                refreshBeforeUpdate: true,
              }),
            );
          },
        }),
      ),
    );
    const error = await failure(ask(client, "create", createRequest({ pw: "s3cret" }, [["pw"]])));
    const [[type, bytes] = ["", new Uint8Array()]] = detailsOf(error);
    const detail = pb.ErrorResourceInitFailed.deserializeBinary(bytes);
    expect(type).toBe("pulumirpc.ErrorResourceInitFailed");
    expect([detail.getId(), detail.getReasonsList()]).toEqual([
      "half",
      ["built 2 of 3 partitions", "disk of [secret] full"],
    ]);
    expect(detail.getRefreshBeforeUpdate()).toBe(true);
    expect(decode(detail.getProperties())).toEqual({ value: { pw: "s3cret", partitionCount: 2 }, secrets: [["pw"]] });
  });

  it("names missing configuration in the detail that the engine turns into commands", async () => {
    const missing = new MissingConfig([{ name: "fake:host", description: "where" }]);
    const client = await connect(fakeModule(fakeHandler(), { configure: () => Promise.reject(missing) }));
    const error = await failure(ask(client, "configure", new pb.ConfigureRequest()));
    const [[type, bytes] = ["", new Uint8Array()]] = detailsOf(error);
    expect(type).toBe("pulumirpc.ConfigureErrorMissingKeys");
    expect(pb.ConfigureErrorMissingKeys.deserializeBinary(bytes).toObject().missingkeysList).toEqual([
      { name: "fake:host", description: "where" },
    ]);
  });

  it("sends an error as its message and causes in one line, without a stack, hiding configured secrets", async () => {
    const cause = new Error('connect to postgres://app:p%40ss%2Fword@db failed for "p@ss/word"');
    const client = await connect(
      fakeModule(fakeHandler({ create: () => Promise.reject(new Error('creating "x"', { cause })) })),
    );
    const request = new pb.ConfigureRequest();
    request.setArgs(encode({ connection: { password: "p@ss/word" }, host: "db" }, [["connection", "password"]]));
    await ask(client, "configure", request);
    const error = await failure(ask(client, "create", createRequest({})));
    expect(error.details).toBe('creating "x": connect to postgres://app:[secret]@db failed for "[secret]"');
    expect(error.code).toBe(status.UNKNOWN);
  });

  it("reports to the engine that a refusal changed nothing, so that it does not call the stack corrupt", async () => {
    const client = await connect(
      fakeModule(fakeHandler({ delete: () => Promise.reject(new Refusal("in the window")) })),
    );
    const request = new pb.DeleteRequest();
    request.setUrn(URN);
    const error = await failure(ask(client, "delete", request));
    expect([error.code, error.details]).toEqual([status.FAILED_PRECONDITION, "in the window"]);
  });

  it("lists its resource types when asked for another", async () => {
    const client = await connect(fakeModule(fakeHandler()));
    const request = createRequest({});
    request.setUrn("urn:pulumi:dev::shop::fake:index:Other::x");
    const error = await failure(ask(client, "create", request));
    expect(error.details).toBe(`no resource type "fake:index:Other" in fake 1.2.3; it has ${TOKEN}`);
  });

  it("runs a function by token, and reports one that does not exist", async () => {
    const client = await connect(
      fakeModule(fakeHandler(), {
        functions: {
          "fake:index:plan": (_ctx, { args, preview }) => Promise.resolve({ result: { ...args, preview } }),
        },
      }),
    );
    const request = new pb.InvokeRequest();
    request.setTok("fake:index:plan");
    request.setArgs(encode({ table: "t" }));
    const response = await ask(client, "invoke", request);
    expect(decode(response.getReturn()).value).toEqual({ table: "t", preview: false });
    request.setTok("toString");
    expect((await failure(ask(client, "invoke", request))).details).toContain('no function "toString"');
  });

  it("carries a message of 12 MB both ways", async () => {
    const client = await connect(fakeModule(fakeHandler()));
    const big = "x".repeat(12 * 1024 * 1024);
    const response = await ask(client, "create", createRequest({ big }));
    expect(decode(response.getProperties()).value["big"]).toHaveLength(big.length);
  });

  // 199 kB in this place were checked with Go's gRPC 1.82, which the engine uses; Node's own client takes 64 kB.
  it("carries an error with the state of hundreds of partitions", async () => {
    const partitions = Object.fromEntries(
      Array.from({ length: 500 }, (_, at) => [`p${at}`, { rows: at, bounds: "2026" }]),
    );
    const half = new PartialFailure({ id: "w", outputs: partitions, reasons: ["r"] });
    const client = await connect(fakeModule(fakeHandler({ create: () => Promise.reject(half) })));
    const error = await failure(ask(client, "create", createRequest({})));
    const [[, bytes] = ["", new Uint8Array()]] = detailsOf(error);
    const detail = pb.ErrorResourceInitFailed.deserializeBinary(bytes);
    expect(Object.keys(decode(detail.getProperties()).value)).toHaveLength(500);
  });
});
