import { status } from "@grpc/grpc-js";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { afterEach, describe, expect, it } from "vitest";
import { encode } from "../../provider/runtime/property-codec";
import type { ResourceContext } from "../../provider/runtime/call-context";
import { PartialFailure } from "../../provider/runtime/failures";
import { watchEngine } from "../../provider/server/engine-watch";
import { ask, closeAll, connect, failure, fakeHandler, fakeModule, URN } from "./wire-support";

afterEach(closeAll);

function createRequest(timeoutSeconds = 0): pb.CreateRequest {
  const request = new pb.CreateRequest();
  request.setUrn(URN);
  request.setProperties(encode({}));
  request.setTimeout(timeoutSeconds);
  return request;
}

/** Works until told to stop, as a long statement does whose backend is cancelled. */
function untilAborted(ctx: ResourceContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    ctx.signal.addEventListener("abort", () => reject(new Error("canceling statement due to user request")));
  });
}

/** A handler whose create says when it has begun. */
function startable(work: (ctx: ResourceContext) => Promise<never>): {
  handler: ReturnType<typeof fakeHandler>;
  started: Promise<ResourceContext>;
} {
  let begin: (ctx: ResourceContext) => void;
  const started = new Promise<ResourceContext>((resolve) => (begin = resolve));
  return { handler: fakeHandler({ create: (ctx) => (begin(ctx), work(ctx)) }), started };
}

describe("stopping", () => {
  it("Cancel aborts a running create and ends the backends, well within 5 s", async () => {
    const { handler, started } = startable(untilAborted);
    const cancelled: string[] = [];
    const module = fakeModule(handler, { cancel: () => (cancelled.push("backends"), Promise.resolve()) });
    const client = await connect(module, { stopMs: 4_000 });
    const running = failure(ask(client, "create", createRequest()));
    await started;
    const before = Date.now();
    await ask(client, "cancel", new Empty());
    const error = await running;
    expect(Date.now() - before).toBeLessThan(1_000);
    expect(error.code).toBe(status.CANCELLED);
    expect(error.details).toBe("the run was cancelled: canceling statement due to user request");
    expect(cancelled).toEqual(["backends"]);
  });

  it("Cancel keeps what a cancelled create had created", async () => {
    const { handler, started } = startable((ctx) =>
      untilAborted(ctx).catch(() => Promise.reject(new PartialFailure({ id: "x", outputs: {}, reasons: ["stopped"] }))),
    );
    const client = await connect(fakeModule(handler));
    const running = failure(ask(client, "create", createRequest()));
    await started;
    await ask(client, "cancel", new Empty());
    expect((await running).metadata.get("grpc-status-details-bin")).toHaveLength(1);
  });

  it("Cancel answers within its bound though a create does not listen, and the create is answered for", async () => {
    const { handler, started } = startable(() => new Promise<never>(() => undefined));
    const client = await connect(fakeModule(handler));
    const running = failure(ask(client, "create", createRequest()));
    await started;
    const before = Date.now();
    await ask(client, "cancel", new Empty());
    expect(Date.now() - before).toBeLessThan(1_500);
    const error = await running;
    expect(error.code).toBe(status.UNKNOWN);
    expect(error.details).toContain("did not stop within 0.3 s");
  });

  it("refuses new work after Cancel but still answers questions about itself", async () => {
    const client = await connect(fakeModule(fakeHandler()));
    await ask(client, "cancel", new Empty());
    expect((await failure(ask(client, "create", createRequest()))).code).toBe(status.CANCELLED);
    expect((await ask(client, "getPluginInfo", new Empty())).getVersion()).toBe("1.2.3");
  });

  it("customTimeouts abort the call and name the time", async () => {
    const { handler } = startable(untilAborted);
    const client = await connect(fakeModule(handler));
    const error = await failure(ask(client, "create", createRequest(0.1)));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    expect(error.details).toContain("not finished within the 0.1 s of its customTimeouts: canceling statement");
  });

  it("a call is aborted when the engine hangs up", async () => {
    const { handler, started } = startable(untilAborted);
    const client = await connect(fakeModule(handler));
    const running = failure(ask(client, "create", createRequest(), { deadline: Date.now() + 150 }));
    const { signal } = await started;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    expect(String(signal.reason)).toContain("the engine hung up");
    expect((await running).code).toBe(status.DEADLINE_EXCEEDED);
  });
});

describe("watchEngine", () => {
  it("closes and exits once when the parent changes, within the bound though closing hangs", async () => {
    let parent = 10;
    const exits: number[] = [];
    const exited = new Promise<void>((resolve) => {
      const stop = watchEngine({
        close: () => new Promise(() => undefined),
        exit: (code) => (exits.push(code), stop(), resolve()),
        parentPid: () => parent,
        pollMs: 5,
        boundMs: 30,
      });
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(exits).toEqual([]);
    parent = 1;
    await exited;
    expect(exits).toEqual([0]);
  });
});
