/**
 * True if two types are alike; else the keys at which they part, so that the compiler names them. Compares all that is below, but
 * for `readonly` and for `undefined` where a property may be left out.
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

/** Assignable both ways is not enough: a property that may be left out would be missed where it is in one of them only. */
type Alike<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

type IsOptional<T, Key extends keyof T> = object extends Pick<T, Key> ? true : false;

/** A type with `readonly` wherever it can stand, and without `undefined` where a property may be left out. */
export type Plain<T> = T extends readonly (infer Item)[]
  ? readonly Plain<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Plain<Exclude<T[Key], undefined>> }
    : T;
