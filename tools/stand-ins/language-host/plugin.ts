// Runs a policy pack or a plugin written for Node: RunPluginRequest -> `node @pulumi/pulumi/cmd/run-…`, output streamed.
import type { ServerWritableStream } from "@grpc/grpc-js";
import { type RunPluginRequest, RunPluginResponse } from "@pulumi/pulumi/proto/language_pb";
import { type NodeCommand, runNode, stop } from "./children";
import { locate } from "./modules";
import { nodeOptions } from "./options";

export async function runPlugin(call: ServerWritableStream<RunPluginRequest, RunPluginResponse>): Promise<void> {
  const send = (fill: (response: RunPluginResponse) => void): void => {
    const response = new RunPluginResponse();
    fill(response);
    call.write(response);
  };
  const code = await runNode(
    command(call.request),
    {
      // The first of these lines is the port on which the engine reaches the plugin.
      stdout: (data) => send((response) => response.setStdout(data)),
      stderr: (data) => send((response) => response.setStderr(data)),
    },
    // The engine ends a plugin by ending the call.
    (child) => call.on("cancelled", () => stop(child)),
  );
  send((response) => response.setExitcode(code));
  call.end();
}

function command(request: RunPluginRequest): NodeCommand {
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() ?? request.getProgram();
  const options = nodeOptions(info);
  const env = { ...fromList(request.getEnvList()), ...options.env };
  // Policy packs take their folder last and run in it; plugins take it first and run where the engine says.
  return request.getKind() === "analyzer"
    ? {
        args: [
          ...options.nodeArgs,
          locate("@pulumi/pulumi/cmd/run-policy-pack", folder),
          ...request.getArgsList(),
          folder,
        ],
        cwd: folder,
        env,
      }
    : {
        args: [...options.nodeArgs, locate("@pulumi/pulumi/cmd/run-plugin", folder), folder, ...request.getArgsList()],
        cwd: request.getPwd(),
        env,
      };
}

/** Parses "NAME=value" strings, as Go stores an environment. */
function fromList(list: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(
    list.map((entry) => {
      const at = entry.indexOf("=");
      return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}
