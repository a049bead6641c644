import { z } from "zod";

/** A type without modifiers that do not affect its values: mutability, and undefined of optional properties. */
type Plain<T> = T extends readonly (infer Item)[]
  ? readonly Plain<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Plain<Exclude<T[K], undefined>> }
    : T;

/** True if both types have the same values: no extra key or word on either side. */
type SameType<A, B> = (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : false;

/** Accepts a schema only if it reads exactly T, so that neither can change without the other. */
export function checkSchemaType<T>() {
  return <S extends z.ZodType>(schema: S & (SameType<z.infer<S>, T> extends true ? unknown : never)): S => schema;
}

/** Returns every word of T, in the given order: none may be missing. */
export function everyWord<T extends string>() {
  return <const W extends readonly T[]>(...words: W & ([T] extends [W[number]] ? unknown : never)): W => words;
}

/** Returns a schema of every word of T. */
export function wordsOf<T extends string>() {
  return <const W extends readonly T[]>(...words: W & ([T] extends [W[number]] ? unknown : never)) => z.enum(words);
}
