/** Treatments of a partition that has expired. */
export const ON_EXPIRE = ["archive", "detach", "drop"] as const;
export type OnExpire = (typeof ON_EXPIRE)[number];
