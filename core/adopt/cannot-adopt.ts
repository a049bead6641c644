/** A table that cannot be declared, with the reason and the way on. */
export class CannotAdopt extends Error {}
