import { Component, type ReactNode } from "react";
import { ErrorState } from "@/parts/states";

/** Keeps the rest of the page alive when one part of it fails. */
export class Crash extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error ? <ErrorState error={this.state.error} retry={() => this.setState({ error: null })} /> : this.props.children;
  }
}
