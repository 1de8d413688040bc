import * as RadixTooltip from "@radix-ui/react-tooltip";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { useState, type ReactNode } from "react";
import { describe, expect, it, vi } from "vitest";
import { ConditionField } from "./condition-field";
import type { Expression } from "./expression";
import { ExpressionField } from "./expression-field";
import { asText, parse } from "./grammar";

// Typing takes its time on a busy machine.
vi.setConfig({ testTimeout: 20_000 });

const SAMPLE = { result: { score: 0.93, country: "DE", tags: ["gift"], items: [{ sku: "A" }] }, nodes: { validate: { total: 120 } } };

function Editing({ text = "", seen }: { text?: string; seen?: (value: Expression) => void }): ReactNode {
  const [value, setValue] = useState<Expression | undefined>(parse(text).expression);
  return (
    <RadixTooltip.Provider>
      <output>{value === undefined ? "" : asText(value)}</output>
      <ConditionField
        label="When"
        value={value}
        names={["validate", "check 2"]}
        sample={SAMPLE}
        onChange={(next) => {
          setValue(next);
          seen?.(next);
        }}
      />
      <button onClick={() => setValue(["visits"])}>Undo</button>
    </RadixTooltip.Provider>
  );
}
const written = (): string => screen.getByRole("status").textContent ?? "";
const line = (): HTMLTextAreaElement => screen.getByRole("textbox", { name: "When, as text" });
const named = (name: string): HTMLElement => screen.getByLabelText(name);

describe("the line of text", () => {
  it("writes a condition by keyboard alone, with completion", async () => {
    const user = userEvent.setup();
    render(<Editing />);
    await user.tab();
    await user.tab();
    expect(document.activeElement).toBe(line());
    await user.keyboard("sco{Enter} >= 0.8 and cou{Enter} in{Enter}\"DE{Enter}");
    expect(line().value).toBe('result.score >= 0.8 and result.country in ["DE"]');
    expect(written()).toBe('result.score >= 0.8 and result.country in ["DE"]');
  });

  it("tells where a text is wrong, keeps it, and does not change the value", async () => {
    const user = userEvent.setup();
    const seen = vi.fn();
    render(<Editing text="result.paid" seen={seen} />);
    await user.clear(line());
    await user.type(line(), "result.paid = true");
    expect(document.getElementById(line().getAttribute("aria-describedby") ?? "")?.textContent).toBe("Character 13: = is not an operator: did you mean ==?");
    expect(document.querySelector("mark")?.textContent).toBe("=");
    expect(line().getAttribute("aria-invalid")).toBe("true");
    await user.tab();
    expect(line().value).toBe("result.paid = true");
    expect(written()).toBe("result.paid");
    await user.click(screen.getByRole("button", { name: "Undo" }));
    expect(line().value).toBe("visits");
  });

  it("leaves the text as it is typed, and shows the usual form when the field is left", async () => {
    const user = userEvent.setup();
    render(<Editing text="result.paid" />);
    await user.type(line(), "  or   not(result.a==1)");
    expect(line().value).toBe("result.paid  or   not(result.a==1)");
    await user.click(document.body);
    expect(line().value).toBe("result.paid or not (result.a == 1)");
  });

  it("never traps the keyboard", async () => {
    const user = userEvent.setup();
    render(<Editing text="result.paid" />);
    await user.click(line());
    await user.tab();
    expect(document.activeElement).not.toBe(line());
  });
});

describe("the builder", () => {
  it("shows rows and writes the same value as the line", async () => {
    const user = userEvent.setup();
    render(<Editing text="result.score >= 0.8" />);
    expect((named("Comparison of condition 1") as HTMLSelectElement).value).toBe("ge");
    await user.clear(named("Compared value of condition 1"));
    await user.type(named("Compared value of condition 1"), "0.95");
    expect(line().value).toBe("result.score >= 0.95");
    await user.click(named("not: condition 1"));
    expect(written()).toBe("not (result.score >= 0.95)");
    await user.selectOptions(named("Comparison of condition 1"), "exists");
    expect(written()).toBe("not exists(result.score)");
  });

  it("adds, groups, joins, moves and removes conditions by keyboard", async () => {
    const user = userEvent.setup();
    render(<Editing />);
    const press = async (name: string, index = 0): Promise<void> => {
      screen.getAllByRole("button", { name })[index]?.focus();
      await user.keyboard("{Enter}");
      // The builder moves the focus in the next frame, which would take it from the button that is pressed next.
      await new Promise((done) => requestAnimationFrame(done));
    };
    await press("Add condition");
    expect(written()).toBe("result.score > 0.93");
    await press("Add condition");
    await user.clear(named("Value of condition 2"));
    await user.type(named("Value of condition 2"), "result.tags");
    await user.selectOptions(named("Comparison of condition 2"), "contains");
    await user.clear(named("Compared value of condition 2"));
    await user.type(named("Compared value of condition 2"), "gift");
    expect(written()).toBe('result.score > 0.93 and "gift" in result.tags');
    await user.selectOptions(named("Conditions are joined by"), "or");
    await press("Add group", 0);
    expect(written()).toBe('result.score > 0.93 or "gift" in result.tags or (result.score > 0.93 and result.score > 0.93)');
    await press("Move condition 3.1 up");
    expect(written()).toBe('result.score > 0.93 or "gift" in result.tags or result.score > 0.93 or result.score > 0.93');
    await press("Remove condition 4");
    await press("Remove condition 3");
    await press("Remove condition 1");
    expect(written()).toBe('"gift" in result.tags');
    expect(screen.queryByRole("button", { name: "Remove condition 1" })).toBeNull();
  });

  it("replaces the condition of a new edge, which is true", async () => {
    const user = userEvent.setup();
    render(<Editing text="true" />);
    await user.click(screen.getByRole("button", { name: "Add condition" }));
    expect(written()).toBe("result.score > 0.93");
  });

  it("changes the kind of a value, and reads lists as people write them", async () => {
    const user = userEvent.setup();
    render(<Editing text='result.country == "DE"' />);
    await user.selectOptions(named("Comparison of condition 1"), "in");
    expect(written()).toBe('result.country in ["DE"]');
    await user.type(named("Compared value of condition 1"), ', FR, 5, "5"');
    expect(written()).toBe('result.country in ["DE", "FR", 5, "5"]');
    await user.selectOptions(named("Comparison of condition 1"), "eq");
    expect(written()).toBe('result.country == "DE"');
    await user.selectOptions(named("Kind of the value of condition 1"), "date");
    await user.clear(named("Compared value of condition 1"));
    await user.type(named("Compared value of condition 1"), "soon");
    expect(screen.getByRole("alert").textContent).toContain("A date with its timezone");
    expect(written()).toBe('result.country == datetime("2030-01-01T00:00:00Z")');
  });

  it("shows as text what has no row", async () => {
    const user = userEvent.setup();
    render(<Editing text="result.a and (result.b == 1) == result.c" />);
    const field = named("Condition 2, as text") as HTMLTextAreaElement;
    expect(field.value).toBe("(result.b == 1) == result.c");
    await user.clear(field);
    await user.type(field, "result.b == 1");
    expect(document.activeElement).toBe(field);
    await user.tab();
    expect(written()).toBe("result.a and result.b == 1");
  });
});

describe("an expression", () => {
  function Input(): ReactNode {
    const [value, setValue] = useState<Expression | undefined>(["item", ["result"], "score"]);
    return (
      <>
        <output>{value === undefined ? "nothing" : asText(value)}</output>
        <ExpressionField label="amount" optional value={value} onChange={setValue} names={[]} sample={SAMPLE} />
      </>
    );
  }

  it("shows what the sample has, and may be empty", async () => {
    const user = userEvent.setup();
    render(<Input />);
    expect(screen.getByText("0.93")).toBeTruthy();
    const field = screen.getByRole("textbox", { name: "amount" });
    await user.clear(field);
    expect(written()).toBe("nothing");
    await user.type(field, "[[1, 2]");
    expect(written()).toBe("[1, 2]");
  });
});

it("has labels and roles that assistive technology understands", async () => {
  const { container } = render(<Editing text='result.score >= 0.8 and (result.country in ["DE"] or not not result.a)' />);
  expect(within(container).getAllByRole("group").length).toBeGreaterThan(3);
  const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
});

it("never makes elements of hostile text", () => {
  const hostile = '"<img src=x onerror=alert(1)>" in result["<script>"]';
  const { container } = render(<Editing text={hostile} />);
  expect(container.querySelector("img, script")).toBeNull();
  expect(line().value).toBe(hostile);
});
