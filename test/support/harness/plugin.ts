// The plugin as a process of its own, asked over gRPC as the engine asks it.
import { type ChildProcess, spawn } from "node:child_process";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckRequest,
  ConfigureRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  ReadRequest,
  UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { afterAll, afterEach } from "vitest";
import { decode, encode } from "../../../provider/runtime/property-codec";
import { GRPC_OPTIONS } from "../../../provider/server/grpc-options";
import type { PropertyMap } from "../../../provider/runtime/values";
import { ask, closeAll, fakeEngine } from "../../provider/wire-support";
import { pluginStart } from "./bundle";
import { askHost } from "./hosts";
import { portOf } from "./port-of";

/** One resource as the engine knows it. */
export interface Known {
  readonly urn: string;
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
}

interface PluginOptions {
  /** Provider configuration; undefined: not configured. */
  readonly config?: PropertyMap;
  /** Added to a bare environment: `PGPARTITION_FAULT` and the like. */
  readonly env?: NodeJS.ProcessEnv;
}

let engine: ReturnType<typeof fakeEngine> | undefined;
const running = new Set<Plugin>();

// Hooks of the test file that imports this one: no plugin outlives its test, and the log service, which all tests of a file share,
// ends with the last of them and not with a describe block.
afterEach(endPlugins);
afterAll(closeAll);

/** A process of its own, of the build with fault points. What a test forgets to end, `endPlugins` ends. */
export async function startPlugin(options: PluginOptions = {}): Promise<PluginProcess> {
  const { address, lines } = await logService();
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], ...options.env };
  const child = spawn(process.execPath, [...pluginStart, address], { env, stdio: ["ignore", "pipe", "pipe"] });
  return configured(new PluginProcess(child, await portOf(child), () => lines), options.config);
}

/** The same plugin as fresh, in the process that serves many: for runs that are about the database and not about the process. */
export async function hostedPlugin(config: PropertyMap, planFile?: string): Promise<Plugin> {
  const { address, lines } = await logService();
  const port = await askHost({ plugin: { engineAddress: address, ...(planFile === undefined ? {} : { planFile }) } });
  return configured(new HostedPlugin(port, () => lines), config);
}

/** Runs after each test; a test calls it where a plugin must be gone before something else is. */
export async function endPlugins(): Promise<void> {
  await Promise.all([...running].map((plugin) => plugin.kill()));
}

function logService(): ReturnType<typeof fakeEngine> {
  engine ??= fakeEngine();
  return engine;
}

async function configured<T extends Plugin>(plugin: T, config: PropertyMap | undefined): Promise<T> {
  running.add(plugin);
  if (config !== undefined) await plugin.configure(config);
  return plugin;
}

type Lines = () => readonly { readonly message: string; readonly urn: string }[];

export abstract class Plugin {
  private readonly client: ResourceProviderClient;
  private readonly firstLine: number;

  constructor(
    protected readonly port: number,
    private readonly lines: Lines,
  ) {
    this.firstLine = lines().length;
    this.client = new ResourceProviderClient(`127.0.0.1:${String(port)}`, credentials.createInsecure(), GRPC_OPTIONS);
  }

  /** Ends it as the engine does when it closes. */
  protected abstract end(): Promise<number | string>;

  /** Ends it at once, and waits until it is gone. */
  protected abstract endAtOnce(): Promise<unknown>;

  /** The orderly end. */
  async stop(): Promise<number | string> {
    return this.ended(this.end());
  }

  /** For a process kill -9. */
  async kill(): Promise<void> {
    await this.ended(this.endAtOnce());
  }

  private async ended<T>(ending: Promise<T>): Promise<T> {
    running.delete(this);
    const how = await ending;
    this.client.close();
    return how;
  }

  /** What the engine would have shown since the plugin started. */
  get messages(): string[] {
    return this.lines()
      .slice(this.firstLine)
      .map((line) => line.message);
  }

  async configure(config: PropertyMap): Promise<void> {
    const request = new ConfigureRequest();
    request.setArgs(encode(config));
    request.setAcceptsecrets(true);
    request.setAcceptresources(true);
    await ask(this.client, "configure", request);
  }

  async check(urn: string, olds: PropertyMap | undefined, news: PropertyMap) {
    const request = new CheckRequest();
    request.setUrn(urn);
    if (olds !== undefined) request.setOlds(encode(olds));
    request.setNews(encode(news));
    const response = await ask(this.client, "check", request);
    const failures = response
      .getFailuresList()
      .map((one) => [one.getProperty(), one.getReason()].filter((text) => text !== "").join(": "));
    return { inputs: decode(response.getInputs()).value, failures };
  }

  /** Names of the properties that changed; undefined: nothing did. */
  async diff(known: Known, news: PropertyMap): Promise<string[] | undefined> {
    const request = new DiffRequest();
    request.setUrn(known.urn);
    request.setId(known.id);
    request.setOldInputs(encode(known.inputs));
    request.setOlds(encode(known.outputs));
    request.setNews(encode(news));
    const response = await ask(this.client, "diff", request);
    if (response.getReplacesList().length > 0) throw new Error(`replacement of ${known.urn}: never`);
    return response.getChanges() === DiffResponse.DiffChanges.DIFF_SOME ? response.getDiffsList() : undefined;
  }

  async create(urn: string, inputs: PropertyMap, preview = false): Promise<{ id: string; outputs: PropertyMap }> {
    const request = new CreateRequest();
    request.setUrn(urn);
    request.setProperties(encode(inputs));
    request.setPreview(preview);
    const response = await ask(this.client, "create", request);
    return { id: response.getId(), outputs: decode(response.getProperties()).value };
  }

  async update(known: Known, news: PropertyMap, preview = false): Promise<PropertyMap> {
    const request = new UpdateRequest();
    request.setUrn(known.urn);
    request.setId(known.id);
    request.setOldInputs(encode(known.inputs));
    request.setOlds(encode(known.outputs));
    request.setNews(encode(news));
    request.setPreview(preview);
    return decode((await ask(this.client, "update", request)).getProperties()).value;
  }

  /** Undefined: gone. Without `known` it is an import. */
  async read(urn: string, id: string, known?: Known): Promise<Known | undefined> {
    const request = new ReadRequest();
    request.setUrn(urn);
    request.setId(id);
    if (known !== undefined) {
      request.setInputs(encode(known.inputs));
      request.setProperties(encode(known.outputs));
    }
    const response = await ask(this.client, "read", request);
    if (response.getId() === "") return undefined;
    const inputs = decode(response.getInputs()).value;
    return { urn, id: response.getId(), inputs, outputs: decode(response.getProperties()).value };
  }

  async delete(known: Known): Promise<void> {
    const request = new DeleteRequest();
    request.setUrn(known.urn);
    request.setId(known.id);
    request.setOldInputs(encode(known.inputs));
    request.setProperties(encode(known.outputs));
    await ask(this.client, "delete", request);
  }
}

export class PluginProcess extends Plugin {
  readonly pid: number;
  /** Resolves to the exit code, or the name of the signal. */
  readonly exited: Promise<number | string>;
  private errors = "";

  constructor(
    private readonly child: ChildProcess,
    port: number,
    lines: Lines,
  ) {
    super(port, lines);
    this.pid = child.pid ?? 0;
    this.exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code ?? 0)));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.errors += text));
  }

  get stderr(): string {
    return this.errors;
  }

  protected end(): Promise<number | string> {
    this.child.kill("SIGINT");
    return this.exited;
  }

  protected endAtOnce(): Promise<unknown> {
    this.child.kill("SIGKILL");
    return this.exited;
  }
}

class HostedPlugin extends Plugin {
  protected async end(): Promise<number> {
    await askHost({ close: this.port });
    return 0;
  }

  protected endAtOnce(): Promise<unknown> {
    return this.end();
  }
}

/** What the server said, without gRPC's "9 FAILED_PRECONDITION: " before it. */
export function grpcMessage(error: unknown): string {
  return (error as ServiceError).details ?? String(error);
}
