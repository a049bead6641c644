import type { CallContext } from "./call-context";
import type { CheckRequest, CheckResult, DiffRequest, DiffResult, Problem, ResourceHandler } from "./handler";
import type { PropertyMap, PropertyPath } from "./values";

/** A whole provider, in plain data, as the gRPC server serves it. */
export interface ProviderModule {
  /** Name of the package: the first part of every token. */
  readonly name: string;
  readonly version: string;
  /** The package's schema as JSON text. */
  schema(): string;
  /** The engine unwraps secrets before this call; `secrets` of the result makes them so in state, top level or deeper. */
  checkConfig(ctx: CallContext, request: CheckRequest): Promise<CheckResult>;
  /** A replacement here would replace every resource of the provider: never for a database with data. */
  diffConfig(ctx: CallContext, request: Omit<DiffRequest, "id">): Promise<DiffResult>;
  /** Remembers the configuration, connects to nothing. The engine does not call it while a value is unknown. */
  configure(ctx: CallContext, request: ConfigureRequest): Promise<void>;
  readonly handlers: readonly ResourceHandler[];
  /** Functions by token, `pgpartition:index:getPartitions`. */
  readonly functions: Readonly<Record<string, ProviderFunction>>;
  /**
   * Ends the statements that run on the server now (backends). The signals of all calls are aborted already. Called two or
   * three times at the end of every run, also a good one: cheap when nothing runs, and it connects to nothing.
   */
  cancel(): Promise<void>;
  /** Closes pools; the process exits after it. */
  close(): Promise<void>;
}

interface ConfigureRequest {
  readonly config: PropertyMap;
  /** Paths of secret configuration; their texts are already hidden from logs and errors. */
  readonly secrets: readonly PropertyPath[];
}

export type ProviderFunction = (ctx: CallContext, request: FunctionRequest) => Promise<FunctionResult>;

interface FunctionRequest {
  readonly args: PropertyMap;
  readonly secrets: readonly PropertyPath[];
  readonly preview: boolean;
}

interface FunctionResult {
  readonly result: PropertyMap;
  readonly failures?: readonly Problem[];
  readonly secrets?: readonly PropertyPath[];
}
