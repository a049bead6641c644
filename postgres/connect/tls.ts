import { existsSync, readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { ConnectionError } from "./connection-error";
import type { Target } from "./target";

/** Returns the TLS options to try, in order: like libpq, `prefer` continues without TLS if the server has none. */
export function listTlsAttempts(target: Target): readonly (ConnectionOptions | false)[] {
  if (target.sslMode === "disable" || target.host.startsWith("/")) return [false];
  const options = buildTlsOptions(target);
  return target.sslMode === "prefer" ? [options, false] : [options];
}

function buildTlsOptions(target: Target): ConnectionOptions {
  const ca = readAuthority(target);
  switch (target.sslMode) {
    case "verify-full":
      return { ...ca, rejectUnauthorized: true, servername: target.host };
    case "verify-ca":
      return { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case "require":
      // libpq: `require` with a given authority verifies it, for compatibility with old releases.
      if (target.sslRootCert !== undefined)
        return { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
      return { rejectUnauthorized: false };
    case "prefer":
    case "disable":
      return { rejectUnauthorized: false };
  }
}

/** Returns the authority; without a file the verifying modes trust what Node trusts. */
function readAuthority(target: Target): ConnectionOptions {
  const verifies = target.sslMode !== "prefer" && target.sslMode !== "disable";
  if (target.sslRootCert === undefined) {
    return verifies && target.sslMode !== "require" && existsSync(target.defaultRootCert)
      ? { ca: readFileSync(target.defaultRootCert, "utf8") }
      : {};
  }
  if (target.sslRootCert === "system" || !verifies) return {};
  if (!existsSync(target.sslRootCert)) {
    throw new ConnectionError("tls", `sslRootCert names "${target.sslRootCert}", and no such file exists.`);
  }
  return { ca: readFileSync(target.sslRootCert, "utf8") };
}
