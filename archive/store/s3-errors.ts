import { StoreError, type StoreErrorKind } from "./store-errors";

/** Fields of the SDK's errors that are used here. */
interface S3Failure {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly status: number | undefined;
  /** Region of the bucket, if the store reports it. */
  readonly region: string | undefined;
}

export function toFailure(error: unknown): S3Failure {
  const raw = error as {
    readonly name?: string;
    readonly Code?: string;
    readonly code?: string;
    readonly message?: string;
    readonly Region?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly $response?: { readonly statusCode?: number; readonly headers?: Record<string, string> };
  };
  return {
    name: raw.Code ?? raw.name ?? "Error",
    message: removeAdvice(raw.message ?? String(error)),
    ...(raw.code === undefined ? {} : { code: raw.code }),
    status: raw.$metadata?.httpStatusCode ?? raw.$response?.statusCode,
    region:
      raw.Region ??
      raw.$response?.headers?.["x-amz-bucket-region"] ??
      /expecting '([\w-]+)'/.exec(raw.message ?? "")?.[1],
  };
}

/** Removes advice to programmers: everything after the first line, and the name of the SDK's package. */
function removeAdvice(message: string): string {
  const [line = ""] = message.split("\n");
  return line.replace(/^@smithy\/\S+ - (\[\w+\] )?/, "").replace(/ \([^()]*client requestHandler\)/, "");
}

/** Explains a failure in a sentence. `hide` removes credentials. */
export async function explainS3Error(
  error: unknown,
  doing: string,
  object: string,
  hide: (text: string) => Promise<string>,
): Promise<StoreError> {
  if (error instanceof StoreError) return error;
  const failure = toFailure(error);
  const kind = classify(failure);
  return new StoreError(kind, object, doing, await hide(describeCause(failure)), suggestFix(kind, failure));
}

function describeCause({ name, message, status, code }: S3Failure): string {
  // An answer to HEAD has no body, so only its status is known.
  const suffix = message === "" || message === "UnknownError" || message === name ? "" : `: ${message}`;
  const plain = name === "Error" && suffix !== "" ? suffix.slice(2) : `${code ?? name}${suffix}`;
  return status === undefined || status === 200 ? plain : `${plain} (status ${status})`;
}

function suggestFix(kind: StoreErrorKind, { region }: S3Failure): string | undefined {
  return kind === "wrong-region" && region !== undefined ? `Set region: "${region}".` : undefined;
}

const KINDS: Readonly<Record<string, StoreErrorKind>> = {
  AbortError: "aborted",
  AccessDenied: "denied",
  AllAccessDisabled: "denied",
  AuthorizationHeaderMalformed: "wrong-region",
  BadDigest: "integrity",
  ConditionalRequestConflict: "taken",
  CredentialsProviderError: "credentials",
  EntityTooLarge: "unsupported",
  ExpiredToken: "credentials",
  ExpiredTokenException: "credentials",
  IllegalLocationConstraintException: "wrong-region",
  IncompleteBody: "integrity",
  InvalidAccessKeyId: "credentials",
  InvalidBucketName: "no-bucket",
  InvalidDigest: "integrity",
  InvalidObjectState: "frozen",
  InvalidToken: "credentials",
  KeyTooLongError: "key",
  "KMS.DisabledException": "denied",
  "KMS.NotFoundException": "configuration",
  NoSuchBucket: "no-bucket",
  NoSuchKey: "missing",
  NoSuchVersion: "missing",
  NotFound: "missing",
  NotImplemented: "unsupported",
  PermanentRedirect: "wrong-region",
  PreconditionFailed: "taken",
  RequestExpired: "clock",
  RequestTimeTooSkewed: "clock",
  SignatureDoesNotMatch: "credentials",
  SlowDown: "busy",
  TimeoutError: "unreachable",
  TokenRefreshRequired: "credentials",
  XAmzContentChecksumMismatch: "integrity",
  XAmzContentSHA256Mismatch: "integrity",
};

function classify({ name, message, status, code }: S3Failure): StoreErrorKind {
  const known = KINDS[name];
  if (known !== undefined) return known;
  if (/region is missing/i.test(message)) return "configuration";
  if (/checksum mismatch/i.test(message)) return "integrity";
  if (/object ?lock/i.test(message)) return "unsupported";
  if (code !== undefined && /^(E[A-Z_]+|CERT_\w+|DEPTH_\w+|UNABLE_\w+|SELF_\w+)$/.test(code)) return "unreachable";
  switch (status) {
    case 301:
    case 307:
      return "wrong-region";
    case 401:
    case 403:
      return "denied";
    case 404:
      return "missing";
    case 412:
      return "taken";
    case 429:
    case 503:
      return "busy";
    case undefined:
      return "other";
    default:
      return status >= 500 ? "busy" : "other";
  }
}
