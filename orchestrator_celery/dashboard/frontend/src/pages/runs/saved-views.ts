/** Saved views: read from the server, where earlier releases kept them in the browser. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { get, post, type Schemas } from "@/api/client";
import { ApiError } from "@/api/problem";
import { queryClient, useFresh } from "@/api/queries";
import { read, write } from "@/pages/shell/theme";

export type SavedView = Schemas["SavedView"];
export type ViewForm = Schemas["ViewForm"];

const KEY = ["views"] as const;
const OLD = "orchestrator.runs.views";

/** One's own views and the shared ones; a change by somebody else leaves an entry in the audit trail. */
export function useSavedViews(): UseQueryResult<SavedView[]> {
  useFresh("audit", KEY, 1000);
  return useQuery({ queryKey: KEY, queryFn: ({ signal }) => get("/api/views", {}, {}, signal), staleTime: 30_000 });
}

export async function saveView(form: ViewForm): Promise<SavedView> {
  try {
    return await post("/api/views", {}, form);
  } finally {
    // Also after a refusal: somebody else may have changed it, and the form tells what is stored now.
    await queryClient.invalidateQueries({ queryKey: KEY });
  }
}

export async function deleteView(view: SavedView): Promise<void> {
  try {
    await post("/api/views/delete", {}, { name: view.name, shared: view.shared, base: view.version });
  } finally {
    await queryClient.invalidateQueries({ queryKey: KEY });
  }
}

export interface OldView {
  name: string;
  filter: string;
}

/** The views that an earlier release kept in this browser. */
export function oldViews(): OldView[] {
  try {
    const found: unknown = JSON.parse(read(OLD) ?? "[]");
    return Array.isArray(found) ? found.filter((view): view is OldView => typeof view?.name === "string" && typeof view.filter === "string") : [];
  } catch {
    return [];
  }
}

export function keepOldViews(views: OldView[]): void {
  write(OLD, views.length ? JSON.stringify(views) : null);
}

/** Moves them to the server. What is refused, for example because the name is taken, stays in the browser. */
export async function moveOldViews(views: OldView[]): Promise<{ moved: number; kept: OldView[]; why: string }> {
  const kept: OldView[] = [];
  let why = "";
  for (const view of views) {
    try {
      await post("/api/views", {}, { name: view.name, filter: view.filter, columns: [], shared: false, base: 0 });
    } catch (error) {
      if (!(error instanceof ApiError) || error.problem.status === 401 || error.problem.status >= 500) throw error;
      kept.push(view);
      why = error.problem.detail;
    }
    keepOldViews([...kept, ...views.slice(views.indexOf(view) + 1)]);
  }
  await queryClient.invalidateQueries({ queryKey: KEY });
  return { moved: views.length - kept.length, kept, why };
}

/** Whether the page shows what a view says. */
export function isShown(view: { filter: string; columns?: readonly string[] }, filter: string, columns: string | null): boolean {
  return view.filter === filter && (view.columns ?? []).join(",") === (columns ?? "");
}
