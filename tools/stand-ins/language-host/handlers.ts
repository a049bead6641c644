// The language protocol, one entry for each call. Unsupported ones (code generation, packing) are UNIMPLEMENTED.
import { type sendUnaryData, type ServiceError, status } from "@grpc/grpc-js";
import type { ILanguageRuntimeServer } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as language from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { version } from "../../../package.json";
import { stopAll } from "./children";
import { dependencies } from "./modules";
import { runPlugin } from "./plugin";
import type { RunProgram } from "./program";

type Handlers = Pick<
  ILanguageRuntimeServer,
  | "handshake"
  | "getPluginInfo"
  | "getRequiredPackages"
  | "getRequiredPlugins"
  | "run"
  | "runPlugin"
  | "cancel"
  | "about"
  | "getProgramDependencies"
  | "installDependencies"
  | "runtimeOptionsPrompts"
  | "template"
>;

export function handlers(addressAtStart: string, run: RunProgram): Handlers {
  let engineAddress = addressAtStart;
  return {
    handshake: (call, callback) => {
      engineAddress = call.request.getEngineAddress();
      callback(null, new language.LanguageHandshakeResponse());
    },
    getPluginInfo: (_call, callback) => callback(null, new PluginInfo().setVersion(version)),

    // Empty on purpose: the official host names every Pulumi package in node_modules, and the engine would then
    // download plugins of components that this program never creates. A plugin is found when it is used.
    getRequiredPackages: (_call, callback) => callback(null, new language.GetRequiredPackagesResponse()),
    getRequiredPlugins: (_call, callback) => callback(null, new language.GetRequiredPluginsResponse()),

    run: (call, callback) => answer(run(call.request, engineAddress), callback),
    runPlugin: (call) => {
      runPlugin(call).catch((error: unknown) => call.emit("error", serviceError(error)));
    },
    cancel: (_call, callback) => {
      stopAll();
      callback(null, new Empty());
    },

    about: (_call, callback) => {
      callback(null, new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version));
    },
    getProgramDependencies: (call, callback) => {
      const found = dependencies(call.request.getInfo()?.getProgramDirectory() ?? call.request.getPwd());
      const list = found.map((one) => new language.DependencyInfo().setName(one.name).setVersion(one.version));
      callback(null, new language.GetProgramDependenciesResponse().setDependenciesList(list));
    },
    installDependencies: (call) => {
      const text = 'Nothing is installed here: run "npm ci".\n';
      call.write(new language.InstallDependenciesResponse().setStdout(Buffer.from(text)));
      call.end();
    },
    runtimeOptionsPrompts: (_call, callback) => callback(null, new language.RuntimeOptionsResponse()),
    template: (_call, callback) => callback(null, new language.TemplateResponse()),
  };
}

function answer<T>(result: Promise<T>, callback: sendUnaryData<T>): void {
  result.then(
    (value) => callback(null, value),
    (error: unknown) => callback(serviceError(error)),
  );
}

function serviceError(error: unknown): Partial<ServiceError> {
  return { code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) };
}
