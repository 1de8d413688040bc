/** A node's arguments beside what its task takes: what is missing, and what it does not take. */
import type { Parameter } from "@/parts/task-schema";
import type { NodeEntry } from "./document";

export interface Fit {
  /** The parameter that gets the result of the step before; null if none. */
  before: string | null;
  /** Parameters by position that `args` fill. */
  positional: string[];
  /** Parameters that are left to keyword arguments. */
  open: Parameter[];
  missing: string[];
  extra: string[];
}

/** Which argument goes where, as Celery binds them: the result of the step before, then args, then kwargs and inputs. */
export function fitOf(node: NodeEntry, parameters: readonly Parameter[], given = true): Fit {
  const signature = node.signature;
  const args = signature?.args ?? [];
  const named = new Set([...Object.keys(signature?.kwargs ?? {}), ...Object.keys(node.inputs ?? {})]);
  const takesResult = given && signature?.immutable !== true;
  const byPosition = parameters.filter(({ kind }) => kind !== "keyword_only" && kind !== "KEYWORD_ONLY");
  const before = takesResult ? (byPosition[0]?.name ?? null) : null;
  const positional = byPosition.slice(before === null ? 0 : 1, (before === null ? 0 : 1) + args.length).map(({ name }) => name);
  const filled = new Set([...(before === null ? [] : [before]), ...positional]);
  const open = parameters.filter(({ name }) => !filled.has(name));
  const known = new Set(parameters.map(({ name }) => name));
  const tooMany = Math.max(0, args.length + (takesResult ? 1 : 0) - byPosition.length);
  return {
    before,
    positional,
    open,
    missing: open.filter(({ name, required }) => required && !named.has(name)).map(({ name }) => name),
    extra: [...[...named].filter((name) => !known.has(name)), ...[...named].filter((name) => filled.has(name)).map((name) => `${name}, twice`), ...(tooMany ? [`${tooMany} by position`] : [])],
  };
}
