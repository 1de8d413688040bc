/** Which page stands at which address. Every page is a chunk of its own. */
import { lazy, Suspense, type ReactNode } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { BASE } from "@/api/client";
import { Crash } from "@/pages/shell/crash";
import { Gate } from "@/pages/login/gate";
import { Shell } from "@/pages/shell/shell";
import { Empty, Skeleton } from "@/parts/states";

const Overview = lazy(() => import("@/pages/overview/overview-page"));
const Runs = lazy(() => import("@/pages/runs/runs-page"));
const Run = lazy(() => import("@/pages/run/run-page"));
const Approvals = lazy(() => import("@/pages/approvals/approvals-page"));
const Graphs = lazy(() => import("@/pages/graphs/graphs-page"));
const GraphEditor = lazy(() => import("@/editor/editor-page"));
const Tasks = lazy(() => import("@/pages/tasks/tasks-page"));
const Logs = lazy(() => import("@/pages/logs/logs-page"));
const Workers = lazy(() => import("@/pages/workers/workers-page"));
const Deleted = lazy(() => import("@/pages/deleted/deleted-page"));
const Audit = lazy(() => import("@/pages/audit/audit-page"));
// Left out of what users get.
const Parts = import.meta.env.DEV ? lazy(() => import("@/pages/dev/parts-page")) : null;

function page(element: ReactNode): ReactNode {
  return (
    <Crash>
      <Suspense fallback={<Skeleton rows={10} />}>{element}</Suspense>
    </Crash>
  );
}

export function App(): ReactNode {
  return (
    <BrowserRouter basename={BASE || "/"}>
      <Routes>
        {Parts ? <Route path="/dev/parts" element={page(<Parts />)} /> : null}
        <Route element={<Gate />}>
          <Route element={<Shell />}>
            <Route index element={page(<Overview />)} />
            <Route path="runs" element={page(<Runs />)} />
            <Route path="runs/:run" element={page(<Run />)} />
            <Route path="approvals" element={page(<Approvals />)} />
            <Route path="graphs" element={page(<Graphs />)} />
            <Route path="graphs/new" element={page(<GraphEditor />)} />
            <Route path="graphs/edit/:name" element={page(<GraphEditor />)} />
            <Route path="tasks" element={page(<Tasks />)} />
            <Route path="logs" element={page(<Logs />)} />
            <Route path="workers" element={page(<Workers />)} />
            <Route path="deleted" element={page(<Deleted />)} />
            <Route path="audit" element={page(<Audit />)} />
            <Route path="*" element={<Empty icon="search" title="There is no such page" />} />
          </Route>
        </Route>
      </Routes>
    </BrowserRouter>
  );
}
