// Pulumi's own installation, by the Automation API, which includes the official language host.
import { execFile } from "node:child_process";
import { request } from "node:https";
import { pinnedVersion } from "./version";

const host = "get.pulumi.com";

/** Without a network this fails at once or after 5 s; a machine that reaches the host in 5 s may then download. */
const reachMs = 5_000;
const installMs = 600_000;

/** Returns the reason why the host cannot be reached, if any. */
export function unreachable(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = request({ host, method: "HEAD", path: "/", timeout: reachMs, agent: false }, (response) => {
      response.resume();
      resolve(undefined);
    });
    const finish = (reason: string): void => {
      clearTimeout(limit);
      resolve(`${host} cannot be reached (${reason})`);
    };
    // The request's own time-out counts idle time of a socket and does not cover a name look-up that hangs.
    const limit = setTimeout(() => probe.destroy(new Error(`no answer in ${String(reachMs / 1000)} s`)), reachMs);
    limit.unref();
    probe.on("error", (error) => finish("code" in error ? String(error.code) : error.message));
    probe.end();
  });
}

/** Installs into `<folder>/bin`; in a child process, because loading the Automation API takes about a second. */
export function installOfficial(folder: string): Promise<void> {
  const script = `
    const { PulumiCommand } = require("@pulumi/pulumi/automation");
    const { SemVer } = require("semver");
    PulumiCommand.install({ root: process.argv[1], version: new SemVer(process.argv[2]) })
      .catch((error) => { console.error(error.message); process.exit(1); });`;
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ["-e", script, folder, pinnedVersion],
      { cwd: __dirname, timeout: installMs, encoding: "utf8" },
      (error, _stdout, stderr) => {
        if (error === null) resolve();
        else reject(new Error(`the installation from ${host} failed: ${stderr.trim() || error.message}`));
      },
    );
  });
}
