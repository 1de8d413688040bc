import { useEffect, type ReactNode } from "react";

/** The heading of a page with its verbs; also names the tab of the browser. */
export function PageHead({ title, about, children }: { title: string; about?: ReactNode; children?: ReactNode }): ReactNode {
  useEffect(() => {
    document.title = `${title} · Orchestrator`;
  }, [title]);
  return (
    <header className="mb-3 flex min-h-[30px] flex-wrap items-center gap-x-3 gap-y-2">
      <h1 title={title} className="line-clamp-2 min-w-0 text-xl font-[620] tracking-[-.012em] [overflow-wrap:anywhere]">
        <bdi>{title}</bdi>
      </h1>
      {about ? <span className="text-muted">{about}</span> : null}
      <span className="flex-1" />
      {children}
    </header>
  );
}
