import type { S3Limits } from "../../../archive/store/s3-client";

/** The smallest part that S3 takes. */
export const PART = 5 * 1024 * 1024;

/** Small parts; and more patience than a machine that is busy with other tests can use up. */
export const QUICK: Partial<S3Limits> = { partBytes: PART, connectMs: 5_000, idleMs: 10_000 };
