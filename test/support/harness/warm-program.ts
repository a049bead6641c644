// Runs Pulumi programs one after the other in this process, by the program's own copy of the SDK, which stays loaded: the start of the
// SDK is most of what a small program costs. What cmd/run of the SDK does with a program, its errors and its end is done here too.
import { AsyncResource } from "node:async_hooks";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Pulumi from "@pulumi/pulumi";
import type * as Config from "@pulumi/pulumi/runtime/config";
import type * as Runtime from "@pulumi/pulumi/runtime/settings";
import type * as Stack from "@pulumi/pulumi/runtime/stack";
import { RunResponse, type RunRequest } from "@pulumi/pulumi/proto/language_pb";
import { runProgram } from "../../../tools/stand-ins/language-host/program";

let running: ((error: Error) => void) | undefined;

/** Takes an error that nothing caught, and returns true while a program runs: it is then the program's, as far as can be told. */
export function reportToProgram(error: Error): boolean {
  running?.(error);
  return running !== undefined;
}

/** The SDK has one connection to the engine for a process: a program beside another one gets a process of its own. */
export async function runWarm(request: RunRequest, engineAddress: string): Promise<RunResponse> {
  if (running !== undefined) return runProgram(request, engineAddress);
  running = () => undefined;
  try {
    return await run(request, engineAddress);
  } finally {
    running = undefined;
  }
}

function run(request: RunRequest, engineAddress: string): Promise<RunResponse> {
  const folder = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
  const require = createRequire(join(folder, "package.json"));
  const { log, ResourceError, RunError } = require("@pulumi/pulumi") as typeof Pulumi;
  const settings = require("@pulumi/pulumi/runtime/settings") as typeof Runtime & Settings;
  const { setAllConfig } = require("@pulumi/pulumi/runtime/config") as typeof Config;
  const { runInPulumiStack } = require("@pulumi/pulumi/runtime/stack") as typeof Stack;
  const { withLocalStorage } = require("@pulumi/pulumi/runtime/state") as State;
  const { defaultErrorMessage } = require("@pulumi/pulumi/cmd/run/error") as Errors;
  const program = join(folder, request.getInfo()?.getEntryPoint() ?? request.getProgram());
  forgetProgram(require, folder);
  const print = (error: unknown): void => {
    if (RunError.isInstance(error)) void log.error(error.message);
    else if (ResourceError.isInstance(error))
      void log.error(error.hideStack ? error.message : defaultErrorMessage(error), error.resource);
    else
      void log.error(`Running program '${program}' failed with an unhandled exception:\n${defaultErrorMessage(error)}`);
  };

  return withLocalStorage(async () => {
    settings.resetOptions(
      request.getProject(),
      request.getStack(),
      request.getParallel(),
      engineAddress,
      request.getMonitorAddress(),
      request.getDryrun(),
      request.getOrganization(),
    );
    setAllConfig(Object.fromEntries(request.getConfigMap().toArray()), request.getConfigsecretkeysList());
    const reported = new Set<Error>();
    const failed = new Promise<void>((resolve) => {
      running = AsyncResource.bind((error: Error) => {
        if (reported.has(error)) return;
        reported.add(error);
        print(error);
        resolve();
      });
    });
    try {
      const ran = runInPulumiStack(() => Promise.resolve(require(program))).then(() => settings.waitForRPCs());
      await Promise.race([ran, failed]);
    } catch (error) {
      running?.(error instanceof Error ? error : new Error(String(error)));
    }
    // Rejections of this turn that nothing handles are reported after it.
    await settings.waitForRPCs();
    await new Promise(setImmediate);
    await settings.disconnect(reported.size === 0);
    const response = new RunResponse();
    // All errors have been printed, as after exit code 32 of cmd/run.
    if (reported.size > 0) response.setBail(true);
    return response;
  });
}

/** Program, its files and the package are loaded anew by each run, as by a process of its own: they may keep what they once read. */
function forgetProgram(require: NodeJS.Require, folder: string): void {
  for (const file of Object.keys(require.cache))
    if (file.startsWith(`${folder}/`) || file.includes("/node_modules/pulumi-pgpartition/")) delete require.cache[file];
}

/** What its declarations leave out. */
interface Settings {
  waitForRPCs(): Promise<void>;
}
interface State {
  withLocalStorage<T>(callback: () => Promise<T>): Promise<T>;
}
interface Errors {
  defaultErrorMessage(error: unknown): string;
}
