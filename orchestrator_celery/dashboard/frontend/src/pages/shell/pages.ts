/** The pages, in the order of the navigation. */
export const PAGES = [
  { path: "/", title: "Overview", icon: "overview" },
  { path: "/runs", title: "Runs", icon: "runs" },
  { path: "/approvals", title: "Approvals", icon: "approvals" },
  { path: "/graphs", title: "Graphs", icon: "graphs" },
  { path: "/tasks", title: "Tasks", icon: "tasks" },
  { path: "/logs", title: "Logs", icon: "logs" },
  { path: "/workers", title: "Workers", icon: "workers" },
  { path: "/deleted", title: "Deleted", icon: "deleted" },
  { path: "/audit", title: "Audit", icon: "audit" },
] as const;
