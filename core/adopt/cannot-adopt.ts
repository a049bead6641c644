/** Error for a table that cannot be declared, with the reason and the fix. */
export class CannotAdopt extends Error {}
