// Supported part of `runtime.options` of Pulumi.yaml and PulumiPolicy.yaml.
import type { ProgramInfo } from "@pulumi/pulumi/proto/language_pb";

interface NodeOptions {
  /** Arguments of node itself, split at blanks. */
  readonly nodeArgs: readonly string[];
  /** Variables by which `@pulumi/pulumi/cmd/run*` decides whether to register ts-node. */
  readonly env: NodeJS.ProcessEnv;
}

export function nodeOptions(info: ProgramInfo | undefined): NodeOptions {
  const options: Record<string, unknown> = info?.getOptions()?.toJavaScript() ?? {};
  const { typescript, tsconfig, nodeargs } = options;
  return {
    nodeArgs: typeof nodeargs === "string" ? nodeargs.split(/\s+/).filter((part) => part !== "") : [],
    env: {
      ...(typescript === false ? {} : { PULUMI_NODEJS_TYPESCRIPT: "true" }),
      ...(typeof tsconfig === "string" ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
    },
  };
}
