// Runs a Pulumi program: RunRequest -> `node @pulumi/pulumi/cmd/run …` -> RunResponse.
import { RunResponse, type RunRequest } from "@pulumi/pulumi/proto/language_pb";
import { runNode } from "./children";
import { locate } from "./modules";
import { nodeOptions } from "./options";

/** Exit code of cmd/run for an error that it has already reported: nothing more is printed. */
const alreadyReported = 32;

export type RunProgram = (request: RunRequest, engineAddress: string) => Promise<RunResponse>;

export async function runProgram(request: RunRequest, engineAddress: string): Promise<RunResponse> {
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() ?? request.getPwd();
  const options = nodeOptions(info);
  const code = await runNode(
    {
      args: [
        ...options.nodeArgs,
        locate("@pulumi/pulumi/cmd/run", folder),
        ...programArguments(request, engineAddress),
      ],
      cwd: folder,
      env: { ...process.env, ...options.env, ...configuration(request) },
    },
    { stdout: (data) => process.stdout.write(data), stderr: (data) => process.stderr.write(data) },
  );
  return response(code);
}

function programArguments(request: RunRequest, engineAddress: string): readonly string[] {
  const info = request.getInfo();
  const flags: readonly (readonly [string, string | undefined])[] = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engineAddress],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", info?.getRootDirectory()],
    ["stack", request.getStack()],
    ["pwd", info?.getProgramDirectory() ?? request.getPwd()],
    ["parallel", String(request.getParallel())],
  ];
  const given = flags.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [`--${name}`, value]));
  const dryRun = request.getDryrun() ? ["--dry-run"] : [];
  const program = info?.getEntryPoint() ?? request.getProgram();
  return [...given, ...dryRun, program === "" ? "." : program, ...request.getArgsList()];
}

/** Returns the config as environment, where every copy of @pulumi/pulumi that the program loads finds it. */
function configuration(request: RunRequest): NodeJS.ProcessEnv {
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
}

function response(code: number): RunResponse {
  const result = new RunResponse();
  if (code === alreadyReported) result.setBail(true);
  else if (code !== 0) result.setError(`Program exited with non-zero exit code: ${String(code)}`);
  return result;
}
