/** The frame of every page: navigation, what needs somebody, the state of the connection, palette and shortcuts. */
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { NavLink, Outlet, useLocation, useNavigate } from "react-router";
import { get, logOut } from "@/api/client";
import { queryClient, useFresh, usePace, useSession } from "@/api/queries";
import { useConnection } from "@/api/stream";
import { Button } from "@/parts/button";
import { Dialog, Menu } from "@/parts/dialog";
import { Icon, type IconName } from "@/parts/icons";
import { KeyList } from "@/parts/key-list";
import { Num } from "@/parts/time";
import { PAGES } from "./pages";
import { themeChoice, setTheme } from "./theme";

const Palette = lazy(() => import("./palette"));

const SHORTCUTS: [string, string][] = [
  ["Ctrl K", "Go to any run, task or page, or do something"],
  ["/", "Jump to the filter or the search"],
  ["j  k", "Next and previous row"],
  ["x", "Select a row; with Shift, a range"],
  ["Enter", "Open a row"],
  ["← ↑ → ↓", "From node to node in a graph"],
  ["f", "Fit the graph into the window"],
  ["g r", "Go to the runs; g a approvals, g l logs, g w workers, g o overview"],
  ["?", "This sheet"],
];

const GO: Record<string, string> = { o: "/", r: "/runs", a: "/approvals", g: "/graphs", t: "/tasks", l: "/logs", w: "/workers", d: "/deleted", u: "/audit" };

export function Shell(): ReactNode {
  const [dialog, setDialog] = useState<"" | "palette" | "keys">("");
  const [menu, setMenu] = useState(false);
  const place = useLocation();
  useKeys(setDialog);
  useEffect(() => setMenu(false), [place.pathname]);
  return (
    <div className="grid min-h-dvh grid-cols-[196px_minmax(0,1fr)] max-md:grid-cols-1 max-md:grid-rows-[auto_1fr]">
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:z-50 focus:bg-raised focus:p-2">
        Skip to the content
      </a>
      <Navigation open={menu} onToggle={() => setMenu(!menu)} onPalette={() => setDialog("palette")} onKeys={() => setDialog("keys")} />
      <div className="min-w-0">
        <Away />
        <main id="main" tabIndex={-1} className="mx-auto max-w-[1800px] px-5 py-4 outline-none max-sm:px-3">
          <Outlet />
        </main>
      </div>
      {dialog === "palette" ? (
        <Suspense fallback={null}>
          <Palette onClose={() => setDialog("")} />
        </Suspense>
      ) : null}
      <Dialog open={dialog === "keys"} onClose={() => setDialog("")} title="Shortcuts">
        <KeyList keys={SHORTCUTS} width={110} />
      </Dialog>
    </div>
  );
}

function useKeys(open: (dialog: "palette" | "keys") => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    let went = 0;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        open("palette");
        return;
      }
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input,textarea,select,[contenteditable],[role=dialog]")) return;
      if (event.key === "?") open("keys");
      else if (event.key === "/") {
        const field = document.querySelector<HTMLElement>("[data-shortcut=search]");
        if (!field) return;
        event.preventDefault();
        field.focus();
      } else if (event.key === "g") went = Date.now();
      else if (Date.now() - went < 1000 && GO[event.key]) {
        went = 0;
        void navigate(GO[event.key] ?? "/");
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [navigate, open]);
}

function Navigation({ open, onToggle, onPalette, onKeys }: { open: boolean; onToggle: () => void; onPalette: () => void; onKeys: () => void }): ReactNode {
  const session = useSession().data;
  const pace = usePace(5000);
  useFresh("runs", ["approvals"], 1000);
  const approvals = useQuery({ queryKey: ["approvals"], queryFn: ({ signal }) => get("/api/approvals", {}, {}, signal), refetchInterval: pace });
  useFresh("workers", ["workers"], 1000);
  const workers = useQuery({ queryKey: ["workers"], queryFn: ({ signal }) => get("/api/workers", {}, {}, signal), refetchInterval: pace });
  const gone = workers.data?.filter((worker) => !worker.alive).length ?? 0;
  const marks: Record<string, ReactNode> = {
    approvals: approvals.data?.length ? <Mark tone="bg-waiting-soft text-waiting" text={<Num value={approvals.data.length} />} /> : null,
    workers: gone ? <Mark tone="bg-failed-soft text-failed" text={`${gone} gone`} /> : null,
  };
  return (
    <nav aria-label="Pages" className="sticky top-0 z-20 flex h-dvh flex-col gap-px border-r border-line bg-sunken px-[10px] pt-[14px] pb-2 max-md:h-auto max-md:border-r-0 max-md:border-b max-md:py-2">
      <div className="flex items-center gap-2 px-2 pb-3 max-md:pb-0">
        <Button className="md:hidden" kind="quiet" icon={open ? "close" : "menu"} aria-label="Menu" aria-expanded={open} onClick={onToggle} />
        <b title={session?.app} className="min-w-0 flex-1 truncate font-[620] tracking-[-.01em]">
          {session?.app}
        </b>
        {session?.read_only ? <span className="rounded-sm bg-quiet-soft px-[6px] text-xs text-muted">read-only</span> : null}
        <Button className="md:hidden" kind="quiet" icon="search" aria-label="Go to anything" onClick={onPalette} />
      </div>
      <div className={`flex flex-col gap-px ${open ? "" : "max-md:hidden"}`}>
        {PAGES.map(({ path, title, icon }) => (
          <NavLink
            key={path}
            to={path}
            end={path === "/"}
            className={({ isActive }) =>
              `flex h-[31px] items-center gap-[9px] rounded-md px-2 no-underline ${isActive ? "bg-surface font-[560] text-ink shadow-card" : "text-muted hover:bg-quiet-soft hover:text-ink"}`
            }
          >
            <Icon name={icon as IconName} className="opacity-75" />
            <span className="flex-1">{title}</span>
            {marks[icon]}
          </NavLink>
        ))}
      </div>
      <div className={`mt-auto flex flex-col gap-1 ${open ? "" : "max-md:hidden"}`}>
        <button type="button" className="flex items-center gap-2 rounded-md px-2 py-1 text-left text-sm text-faint hover:text-ink max-md:hidden" onClick={onPalette}>
          <kbd className="rounded-sm border border-line bg-surface px-1 text-[11px]">Ctrl K</kbd> go to anything
        </button>
        <Foot live={workers.data?.filter((worker) => worker.alive).length ?? 0} known={workers.isSuccess} onKeys={onKeys} />
      </div>
    </nav>
  );
}

function Mark({ tone, text }: { tone: string; text: ReactNode }): ReactNode {
  return <span className={`rounded-full px-[6px] text-xs font-[600] whitespace-nowrap ${tone}`}>{text}</span>;
}

const CONNECTION = { connecting: "connecting", live: "live", away: "away", polling: "polling", ended: "logged out" } as const;

function Foot({ live, known, onKeys }: { live: number; known: boolean; onKeys: () => void }): ReactNode {
  const session = useSession().data;
  const connection = useConnection();
  const [theme, choose] = useState(themeChoice());
  const pick = (choice: "light" | "dark" | "system"): void => {
    setTheme(choice);
    choose(choice);
  };
  return (
    <div className="flex items-center gap-1 pl-2 text-xs text-faint">
      <span
        className={`h-[7px] w-[7px] shrink-0 rounded-full ${connection === "live" ? "bg-[var(--bar-succeeded)]" : connection === "away" ? "bg-failed" : "bg-[var(--bar-quiet)]"}`}
        aria-hidden
      />
      <span className="min-w-0 flex-1 truncate" title={`Connection: ${CONNECTION[connection]}`}>
        {CONNECTION[connection]}
        {known ? ` · ${live} ${live === 1 ? "worker" : "workers"}` : ""}
      </span>
      <Menu
        label="You and the look"
        trigger={<Button kind="quiet" small icon={theme === "dark" ? "moon" : theme === "light" ? "sun" : "user"} aria-label="You and the look" />}
        items={[
          { label: "Light", checked: theme === "light", onSelect: () => pick("light") },
          { label: "Dark", checked: theme === "dark", onSelect: () => pick("dark") },
          { label: "As the system", checked: theme === "system", onSelect: () => pick("system") },
          "line",
          { label: "Shortcuts", icon: "info", onSelect: onKeys },
          ...(session && session.login !== "none"
            ? [
                "line" as const,
                {
                  label: `Log out ${session.actor ?? ""}`,
                  icon: "user" as const,
                  onSelect: () => void logOut().then(() => queryClient.resetQueries()),
                },
              ]
            : []),
        ]}
      />
    </div>
  );
}

function Away(): ReactNode {
  return useConnection() === "away" ? (
    <div role="alert" className="sticky top-0 z-10 flex items-center gap-2 bg-failed-soft px-5 py-2 text-failed">
      <Icon name="warning" />
      The server does not answer. You see what was known last; the page goes on by itself when the server is back.
    </div>
  ) : null;
}
