import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { afterEach, describe, expect, it } from "vitest";
import { encode } from "../../provider/runtime/property-codec";
import type { ListItem } from "../../provider/runtime/handler";
import { UNKNOWN } from "../../provider/runtime/values";
import { closeAll, connect, fakeHandler, fakeModule, TOKEN } from "./wire-support";

afterEach(closeAll);

describe("List", () => {
  async function* five(): AsyncGenerator<ListItem> {
    for (let at = 1; at <= 5; at += 1) yield await Promise.resolve({ id: `id${at}`, name: `n${at}` });
  }

  async function page(settings: (request: pb.ListRequest) => void): Promise<string[]> {
    const client = await connect(fakeModule(fakeHandler({ list: five })));
    const request = new pb.ListRequest();
    request.setToken(TOKEN);
    settings(request);
    const found: string[] = [];
    for await (const item of client.list(request) as AsyncIterable<pb.ListResponse>) {
      const next = item.getContinuation()?.getContinuationToken();
      found.push(item.getResult()?.getId() ?? (next === undefined ? "computed" : `next ${next}`));
    }
    return found;
  }

  it("streams everything when no page is asked for", async () => {
    expect(await page(() => undefined)).toEqual(["id1", "id2", "id3", "id4", "id5"]);
  });

  it("cuts pages and returns a token while more remains", async () => {
    expect(await page((request) => request.setPageSize(2))).toEqual(["id1", "id2", "next 2"]);
    expect(await page((request) => request.setPageSize(2).setContinuationToken("4"))).toEqual(["id5"]);
  });

  it("stops at the limit across pages without offering another", async () => {
    expect(await page((request) => request.setLimit(3))).toEqual(["id1", "id2", "id3"]);
    expect(await page((request) => request.setLimit(3).setPageSize(2).setContinuationToken("2"))).toEqual(["id3"]);
  });

  it("answers computed when the query is not known yet", async () => {
    expect(await page((request) => request.setQuery(encode({ schema: UNKNOWN })))).toEqual(["computed"]);
  });

  it("passes an error on with its message", async () => {
    const client = await connect(fakeModule(fakeHandler()));
    const request = new pb.ListRequest();
    request.setToken(TOKEN);
    const stream = client.list(request);
    const error = await new Promise<Error>((resolve) => stream.on("error", resolve).on("data", () => undefined));
    expect(error.message).toContain(`resource type "${TOKEN}" cannot be listed`);
  });
});
