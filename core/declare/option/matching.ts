/**
 * True if two types are alike; else the keys at which they differ, so that the compiler names them. Compares at every depth,
 * ignoring `readonly`, and `undefined` of optional properties.
 */
export type Matching<A, B> = [PartingKeys<Plain<A>, Plain<B>>] extends [never] ? true : PartingKeys<Plain<A>, Plain<B>>;

type PartingKeys<A, B> =
  | Exclude<keyof A, keyof B>
  | Exclude<keyof B, keyof A>
  | {
      [Key in keyof A & keyof B]: [Alike<A[Key], B[Key]>, IsOptional<A, Key>] extends [true, IsOptional<B, Key>]
        ? never
        : Key;
    }[keyof A & keyof B];

/** Mutual assignability is not enough: it would miss an optional property that only one of them has. */
type Alike<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

type IsOptional<T, Key extends keyof T> = object extends Pick<T, Key> ? true : false;

/** A type with `readonly` everywhere, and without `undefined` for optional properties. */
export type Plain<T> = T extends readonly (infer Item)[]
  ? readonly Plain<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Plain<Exclude<T[Key], undefined>> }
    : T;

/** A type with `readonly` everywhere. */
export type Unchanged<T> = T extends readonly (infer Item)[]
  ? readonly Unchanged<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Unchanged<T[Key]> }
    : T;
