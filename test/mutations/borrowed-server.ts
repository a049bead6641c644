// The global setup of a run in a copy of the sources: its bundles, and the server of the run that asks for it.
import type { TestProject } from "vitest/node";
import { buildTestBundles } from "../support/harness/bundle";
import { startHosts } from "../support/harness/hosts";
import type { TestServer } from "../support/servers";

/** Name of the variable that describes the server, in JSON. */
export const BORROWED = "PGPARTITION_TEST_BORROWED";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildTestBundles();
  const hosts = await startHosts(1);
  project.provide("pluginHosts", hosts.ports);
  project.provide("servers", [JSON.parse(process.env[BORROWED] ?? "") as TestServer]);
  return hosts.stop;
}
