/** Where one is in nested graphs, and the way back. Nothing in the outermost graph. */
import type { ReactNode } from "react";
import { Icon } from "@/parts/icons";
import type { Session } from "../model/session";
import { useSessionState } from "./context";

export function Crumbs({ session, name }: { session: Session; name: string }): ReactNode {
  const { path } = useSessionState(session);
  if (!path.length) return null;
  return (
    <nav aria-label="Nested graphs" className="mb-2 flex flex-wrap items-center gap-1 text-muted">
      {["", ...path].map((part, index) => (
        <span key={index} className="flex min-w-0 items-center gap-1">
          {index ? <Icon name="chevronRight" size={11} /> : null}
          {index === path.length ? (
            <b className="min-w-0 font-[560] break-words text-ink">
              <bdi>{part}</bdi>
            </b>
          ) : (
            <button type="button" className="min-w-0 rounded-sm px-1 break-words text-accent hover:underline" onClick={() => session.open(path.slice(0, index), { nodes: new Set([path[index] ?? ""]), lines: new Set() })}>
              <bdi>{part || name || "graph"}</bdi>
            </button>
          )}
        </span>
      ))}
    </nav>
  );
}
