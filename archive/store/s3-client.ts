import type { S3, S3ClientConfig } from "@aws-sdk/client-s3";
import type { StoreSettings } from "../../core/declare/archive/store-settings";
import { explainMissingPackage } from "../../core/problems/missing-package";

/** Timeouts, attempts and piece sizes of the client. Only tests change them. */
export interface S3Limits {
  /** Largest object sent in one request, and size of a part of larger ones: the memory that an upload needs. @default 16 MiB */
  readonly partBytes: number;
  /** Time to establish the connection. @default 5 s */
  readonly connectMs: number;
  /** Time without a byte in either direction. @default 10 s */
  readonly idleMs: number;
  /** Greatest number of attempts for a request. @default 4 */
  readonly attempts: number;
}

/**
 * Together they let a store that never answers fail within a minute: 4 attempts of 10 s of silence, of which the SDK begins to
 * count the first after 3 s, and less than 2 s between them.
 */
export const DEFAULT_S3_LIMITS: S3Limits = {
  partBytes: 16 * 1024 * 1024,
  connectMs: 5_000,
  idleMs: 10_000,
  attempts: 4,
};

/** Other S3-compatible stores have a region of this name, or ignore it. */
const REGION_OF_OTHER_STORES = "us-east-1";

/** Client of the SDK, with facts known only from its answers. */
export interface S3Connection {
  readonly client: S3;
  /** Returns the store's own clock, from its last answer. */
  readonly storeTime: () => Date | undefined;
  /** Removes the credentials in use from a text. */
  readonly hide: (text: string) => Promise<string>;
}

/** Loads the SDK, which is large; sends no request yet. Credentials come from the default chain. */
export async function connectS3(settings: StoreSettings, limits: S3Limits): Promise<S3Connection> {
  // The SDK prints a warning on Node 20, in the output of preview, whose reader can rarely change that.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const sdk = await import("@aws-sdk/client-s3").catch((error: unknown) => {
    throw explainMissingPackage(error, "@aws-sdk/client-s3", "an archive in S3");
  });
  const client = new sdk.S3(buildConfiguration(settings, limits));
  let time: Date | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const date = readDateHeader(result.response);
      if (date !== undefined) time = date;
      return result;
    },
    // Below the step that turns answers into errors: a 404 has the time as well.
    { step: "deserialize", priority: "low", name: "storeTime" },
  );
  return { client, storeTime: () => time, hide: (text) => hideCredentials(client, text) };
}

function buildConfiguration(settings: StoreSettings, limits: S3Limits): S3ClientConfig {
  const { endpoint, pathStyle = endpoint !== undefined } = settings;
  const region =
    settings.region ?? (endpoint === undefined ? undefined : (readEnvironmentRegion() ?? REGION_OF_OTHER_STORES));
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: pathStyle,
    retryMode: "standard",
    maxAttempts: limits.attempts,
    requestHandler: { connectionTimeout: limits.connectMs, socketTimeout: limits.idleMs },
    // Otherwise the SDK adds a second checksum, or asks for one from stores that do not support it.
    requestChecksumCalculation: "WHEN_REQUIRED",
    // Requested by each read that does not compare a hash itself.
    responseChecksumValidation: "WHEN_REQUIRED",
  };
}

function readEnvironmentRegion(): string | undefined {
  return process.env["AWS_REGION"] || process.env["AWS_DEFAULT_REGION"] || undefined;
}

function readDateHeader(response: unknown): Date | undefined {
  const headers = (response as { headers?: Record<string, string> } | undefined)?.headers;
  const time = new Date(headers?.["date"] ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** Removes credentials from a message: stores quote requests in some of their messages. */
async function hideCredentials(client: S3, text: string): Promise<string> {
  const used = await client.config.credentials().catch(() => undefined);
  return (
    [used?.accessKeyId, used?.secretAccessKey, used?.sessionToken]
      .filter((secret) => secret !== undefined)
      // A shorter one is no secret, and occurs in ordinary words.
      .filter((secret) => secret.length >= 8)
      .reduce((hidden, secret) => hidden.replaceAll(secret, "***"), text)
  );
}
