import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { queryClient } from "@/api/queries";
import { TemplateDialog } from "./template-dialog";
import { parametersOf } from "./template-schema";

const SIGNATURE = { type: "object", format: "signature", properties: { task: { type: "string" } } };
const TARGET = { anyOf: [SIGNATURE, { type: "string", format: "node" }] };
const RETRY = { type: "object", properties: { work: SIGNATURE, fallback: TARGET }, required: ["work", "fallback"] };

test("a chosen task is a signature, and the end of the graph is a node", () => {
  expect(parametersOf(RETRY, { work: "shop.charge", fallback: "__end__" })).toEqual({ work: { task: "shop.charge" }, fallback: "__end__" });
});

test("a task that the list loses while its form is filled in stays chosen", async () => {
  const sent: unknown[] = [];
  vi.stubGlobal("fetch", async (_: string | URL | Request, init?: RequestInit) => {
    const isBuild = init?.method === "POST";
    if (isBuild) sent.push(JSON.parse(String(init.body)));
    const answer = isBuild ? { document: { version: 1, nodes: [], edges: [] } } : [{ name: "retry", summary: "Retries.", parameters: RETRY }];
    return new Response(JSON.stringify(answer), { headers: { "content-type": "application/json" } });
  });
  const person = userEvent.setup();
  const built = vi.fn();
  const page = (tasks: string[]) => (
    <QueryClientProvider client={queryClient}>
      <TemplateDialog name="retry" tasks={tasks} onClose={() => undefined} onBuilt={built} />
    </QueryClientProvider>
  );
  const { rerender } = render(page(["own.task", "shop.charge"]));
  await person.selectOptions(await screen.findByLabelText("work"), "shop.charge");
  rerender(page(["own.task"]));
  expect(screen.getByLabelText<HTMLSelectElement>("work").value).toBe('"shop.charge"');
  await person.click(screen.getByRole("button", { name: "Add to the graph" }));
  await waitFor(() => expect(built).toHaveBeenCalled());
  expect(sent).toEqual([{ parameters: { work: { task: "shop.charge" }, fallback: { task: "own.task" } } }]);
});
