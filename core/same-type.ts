import { z } from "zod";

/** A type without what says nothing about its values: mutability, and undefined where a property may be left out. */
type Plain<T> = T extends readonly (infer Item)[]
  ? readonly Plain<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Plain<Exclude<T[K], undefined>> }
    : T;

/** True if both types have the same values: no key and no word more on either side. */
type SameType<A, B> = (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : false;

/** Takes a schema only if what it reads is exactly T, so that neither can change without the other. */
export function schemaOf<T>() {
  return <S extends z.ZodType>(schema: S & (SameType<z.infer<S>, T> extends true ? unknown : never)): S => schema;
}

/** Every word of T, in the given order: none may be missing. */
export function everyWord<T extends string>() {
  return <const W extends readonly T[]>(...words: W & ([T] extends [W[number]] ? unknown : never)): W => words;
}

/** A schema of every word of T. */
export function wordsOf<T extends string>() {
  return <const W extends readonly T[]>(...words: W & ([T] extends [W[number]] ? unknown : never)) => z.enum(words);
}
