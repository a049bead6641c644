import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { afterEach, describe, expect, it } from "vitest";
import { encode } from "../../provider/runtime/property-codec";
import { EngineLog } from "../../provider/server/engine-log";
import { Redactor } from "../../provider/runtime/redact";
import { ask, closeAll, connect, fakeEngine, fakeHandler, fakeModule, URN } from "./wire-support";

afterEach(closeAll);

function createRequest(): pb.CreateRequest {
  const request = new pb.CreateRequest();
  request.setUrn(URN);
  request.setProperties(encode({}));
  return request;
}

describe("engine log", () => {
  it("brings every line in order and before the answer, under the resource, without secrets", async () => {
    const engine = await fakeEngine(2);
    const chatty = fakeHandler({
      create: (ctx) => {
        ctx.redact("hunter2");
        for (let at = 0; at < 20; at += 1) ctx.log.info(`line ${at} hunter2`);
        ctx.log.warn("last");
        return Promise.resolve({ id: "1", outputs: {} });
      },
    });
    const client = await connect(fakeModule(chatty), { engineAddress: engine.address });
    await ask(client, "create", createRequest());
    const told = engine.lines.map((line) => line.message);
    expect(told).toEqual([...Array.from({ length: 20 }, (_, at) => `line ${at} [secret]`), "last"]);
    expect(new Set(engine.lines.map((line) => line.urn))).toEqual(new Set([URN]));
    expect(engine.lines.at(-1)).toMatchObject({ severity: 2, ephemeral: false });
  });

  it("sends only the newest of the status lines that wait", async () => {
    const engine = await fakeEngine(20);
    const log = new EngineLog((text) => text);
    log.connect(engine.address);
    const { status, info } = log.createResourceLog(URN);
    info("start");
    for (let percent = 0; percent <= 100; percent += 1) status(`${percent} %`);
    info("end");
    await log.flush(2_000);
    log.close();
    expect(engine.lines.map((line) => [line.message, line.ephemeral])).toEqual([
      ["start", false],
      ["100 %", true],
      ["end", false],
    ]);
  });

  it("loses its lines silently and quickly when the engine is gone", async () => {
    const log = new EngineLog((text) => text);
    log.createResourceLog(URN).info("before there is an engine");
    log.connect("127.0.0.1:1");
    const before = Date.now();
    for (let at = 0; at < 5; at += 1) log.createResourceLog(URN).error("nobody listens");
    await log.flush(500);
    log.close();
    log.createResourceLog(URN).info("after the end");
    expect(Date.now() - before).toBeLessThan(1_500);
  });

  it("takes the engine address from the handshake", async () => {
    const engine = await fakeEngine();
    const client = await connect(
      fakeModule(
        fakeHandler({
          create: (ctx) => (ctx.log.debug("here"), Promise.resolve({ id: "1", outputs: {} })),
        }),
      ),
    );
    const hello = new pb.ProviderHandshakeRequest();
    hello.setEngineAddress(engine.address);
    await ask(client, "handshake", hello);
    await ask(client, "create", createRequest());
    expect(engine.lines.map((line) => line.message)).toEqual(["here"]);
  });
});

describe("redaction", () => {
  it("finds a secret as it stands, in a URL, in JSON and in SQL", () => {
    const redactor = new Redactor();
    redactor.add(`p"w'd@1`);
    const seen = [`p"w'd@1`, encodeURIComponent(`p"w'd@1`), JSON.stringify(`p"w'd@1`), `'p"w''d@1'`];
    expect(seen.map(redactor.clean)).toEqual(["[secret]", "[secret]", '"[secret]"', "'[secret]'"]);
  });

  it("hides the password inside a secret connection URL also where it stands alone", () => {
    const redactor = new Redactor();
    redactor.addFrom({ url: "postgres://app:c%40nary@db:5432/x", port: 5432 }, [["url"]]);
    expect(redactor.clean("password c@nary (c%40nary) refused on port 5432")).toBe(
      "password [secret] ([secret]) refused on port 5432",
    );
  });

  it("hides the longer of two secrets that overlap", () => {
    const redactor = new Redactor();
    redactor.add("abc");
    redactor.add("abcdef");
    expect(redactor.clean("abcdef abc")).toBe("[secret] [secret]");
  });
});
