/** Reason why a store failed, for callers that react differently. */
export type StoreErrorKind =
  | "aborted"
  | "busy"
  | "clock"
  | "configuration"
  | "credentials"
  | "denied"
  | "frozen"
  | "full"
  | "integrity"
  | "key"
  | "missing"
  | "no-bucket"
  | "unreachable"
  | "unsupported"
  | "wrong-region"
  | "taken"
  | "other";

/**
 * Failed call, explained for users: operation, object, cause, next step. It holds no credential, and no `cause`: an error of the
 * SDK carries the whole request.
 */
export class StoreError extends Error {
  constructor(
    readonly kind: StoreErrorKind,
    /** URL of the object or the bucket. */
    readonly object: string,
    /** Operation, such as `storing`. */
    doing: string,
    cause: string,
    wayOn: string = WAYS_ON[kind],
  ) {
    super(`${doing} "${object}": ${cause.trim().replace(/\.$/, "")}. ${wayOn}`);
    this.name = "StoreError";
  }
}

/** Thrown if an object of this name exists with other content. It was not touched. */
export class ObjectConflict extends Error {
  constructor(
    /** URL of the object. */
    readonly object: string,
    /** SHA-256 of the existing object, in hex. */
    readonly theirs: string,
    /** SHA-256 of the content to be stored, in hex. */
    readonly ours: string,
  ) {
    super(
      `"${object}" exists with other content: its SHA-256 is ${theirs}, that of the new content ${ours}. ` +
        "Nothing was overwritten. Write under another name, or find out what wrote that one.",
    );
    this.name = "ObjectConflict";
  }
}

const WAYS_ON: Readonly<Record<StoreErrorKind, string>> = {
  aborted: "Run it again: it continues where it was.",
  busy: "The store is busy: run it again later; what is stored remains.",
  clock: "Set this machine's clock: it may differ from the store's by 15 minutes at most.",
  configuration: "Correct the archive's settings.",
  credentials:
    "Give valid credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role of this machine; expired ones must be renewed.",
  denied: "Give the role the rights of docs/object-stores.md on the bucket, below the archive's prefix.",
  frozen: "Request a restore from the storage class, wait, and try again.",
  full: "Free some space, and run it again; nothing half-written is visible.",
  integrity: "Run it again. If it recurs, the disk, the memory or the network changes bytes.",
  key: "Use a name of plain parts with slashes between them.",
  missing: "Check the name; in a bucket with versions it may have been deleted.",
  "no-bucket": "Create it first, or correct `to`.",
  unreachable:
    "Check the address, the network and the proxy of this machine, and run it again; what is stored remains.",
  unsupported: "Use another store for archives, or leave out the setting that it does not support.",
  taken: "Another process is writing it: run it again.",
  "wrong-region": "Set `region` to the bucket's own.",
  other: "Run it again; if it recurs, look the code up in the store's documentation.",
};
