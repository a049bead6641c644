// Runs the policy pack as the engine does, in a process of its own, and talks to it over gRPC.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
  type AnalyzerInfo,
  AnalyzerPropertyDependencies,
  AnalyzerResource,
  AnalyzerResourceOptions,
  AnalyzeRequest,
  type AnalyzeResponse,
  AnalyzeStackRequest,
  ConfigureAnalyzerRequest,
  EnforcementLevel,
  PolicyConfig,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { afterAll, beforeAll } from "vitest";
import { RULES } from "../../policies/rules";
import type { ConfigProperty } from "../../policies/rules/support/rule";
import { packedPackage } from "../support/harness/packed";

export interface Violation {
  readonly policy: string;
  readonly level: "advisory" | "mandatory";
  readonly message: string;
}

/** As in a file for --policy-pack-config. */
type PackConfig = Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;

interface Analyzer {
  info(): Promise<AnalyzerInfo>;
  configure(config: PackConfig): Promise<void>;
  analyze(type: string, properties: object, protect?: boolean): Promise<Violation[]>;
  analyzeStack(resources: readonly StackPart[]): Promise<Violation[]>;
}

/** A resource of a stack, as the engine shows it when all steps are over. */
export interface StackPart {
  readonly type: string;
  readonly name: string;
  readonly properties: object;
  /** Type of the component that it is a child of. */
  readonly parent?: string;
  readonly protect?: boolean;
  /** Property -> the resource that it was taken from. */
  readonly from?: Readonly<Record<string, StackPart>>;
}

const pack = join(packedPackage, "policies");
const runner = join(dirname(require.resolve("@pulumi/pulumi/package.json")), "cmd", "run-policy-pack");

/** One process for a test file, from its first test to its last. Types are only stripped, as `npm run pulumi` has it. */
export function withAnalyzer(env: NodeJS.ProcessEnv = { TS_NODE_TRANSPILE_ONLY: "true" }): Analyzer {
  let child: ChildProcessByStdio<null, Readable, null> | undefined;
  let client: AnalyzerClient | undefined;
  beforeAll(async () => {
    child = spawn(process.execPath, [runner, "127.0.0.1:1", pack], {
      cwd: pack,
      env: { ...process.env, PULUMI_NODEJS_TYPESCRIPT: "true", ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    client = new AnalyzerClient(`127.0.0.1:${await port(child)}`, credentials.createInsecure());
  });
  afterAll(() => {
    client?.close();
    child?.kill();
  });
  const running = (): AnalyzerClient => {
    if (!client) throw new Error("the policy pack is started by a beforeAll hook");
    return client;
  };
  return {
    info: () => call((done) => running().getAnalyzerInfo(new Empty(), done)),
    configure: async (config) => void (await call((done) => running().configure(configureRequest(config), done))),
    analyze: async (type, properties, protect = false) =>
      violations(await call((done) => running().analyze(request(type, properties, protect), done))),
    analyzeStack: async (resources) =>
      violations(await call((done) => running().analyzeStack(stackRequest(resources), done))),
  };
}

function violations(response: AnalyzeResponse): Violation[] {
  return response.getDiagnosticsList().map((found) => ({
    policy: found.getPolicyname(),
    level: found.getEnforcementlevel() === EnforcementLevel.MANDATORY ? "mandatory" : "advisory",
    message: found.getMessage(),
  }));
}

/** The first line that a pack prints. */
function port(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface(child.stdout).once("line", resolve);
    child.once("error", reject);
    child.once("exit", (code) =>
      reject(new Error(`the policy pack ended with ${String(code)} before it printed its port`)),
    );
  });
}

/** A committed configuration of an environment. */
export function environmentConfig(environment: string): PackConfig {
  return JSON.parse(readFileSync(join(pack, "config", `${environment}.json`), "utf8")) as PackConfig;
}

/** The engine's merge: defaults of the schema, then what the file says; a bare word is the level. */
function configureRequest(config: PackConfig): ConfigureAnalyzerRequest {
  const request = new ConfigureAnalyzerRequest();
  for (const rule of RULES) {
    const given = config[rule.name] ?? {};
    const { enforcementLevel, ...properties } = typeof given === "string" ? { enforcementLevel: given } : given;
    const defaults = Object.fromEntries(
      Object.entries<ConfigProperty>(rule.configProperties).map(([name, property]) => [name, property.default]),
    );
    const level = String(enforcementLevel ?? rule.enforcementLevel).toUpperCase() as keyof typeof EnforcementLevel;
    const policy = new PolicyConfig();
    policy.setEnforcementlevel(EnforcementLevel[level]);
    policy.setProperties(struct({ ...defaults, ...properties }));
    request.getPolicyconfigMap().set(rule.name, policy);
  }
  return request;
}

function request(type: string, properties: object, protect: boolean): AnalyzeRequest {
  const message = new AnalyzeRequest();
  message.setType(type);
  message.setName("thing");
  message.setUrn(urn({ type, name: "thing" }));
  message.setProperties(struct(properties));
  message.setOptions(new AnalyzerResourceOptions().setProtect(protect));
  return message;
}

function stackRequest(resources: readonly StackPart[]): AnalyzeStackRequest {
  const parents = new Set(resources.flatMap(({ parent }) => (parent === undefined ? [] : [parent])));
  const components = [...parents].map((type) => ({ type, name: "component", properties: {} }));
  return new AnalyzeStackRequest().setResourcesList([...components, ...resources].map(stackResource));
}

function stackResource(part: StackPart): AnalyzerResource {
  const message = new AnalyzerResource();
  message.setType(part.type);
  message.setName(part.name);
  message.setUrn(urn(part));
  message.setProperties(struct(part.properties));
  message.setOptions(new AnalyzerResourceOptions().setProtect(part.protect ?? false));
  if (part.parent !== undefined) message.setParent(urn({ type: part.parent, name: "component" }));
  for (const [property, source] of Object.entries(part.from ?? {}))
    message.getPropertydependenciesMap().set(property, new AnalyzerPropertyDependencies().setUrnsList([urn(source)]));
  return message;
}

function urn({ type, name }: { type: string; name: string }): string {
  return `urn:pulumi:dev::shop::${type}::${name}`;
}

/** Whatever is JSON is a struct. */
function struct(value: object): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(value)) as Record<string, JavaScriptValue>);
}

function call<Response>(
  send: (done: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    send((error, response) => (error ? reject(error) : resolve(response)));
  });
}
