/** Reaches a host with the user's ssh configuration and answers, and speaks with the helper there. */
import * as vscode from "vscode";
import { isAbort } from "../session/failures";
import type { Connect } from "../session/ports";
import { reachHelper } from "../remote/reach";
import type { SshEnvironment } from "../remote/sshConfigFile";
import { openHelperClient } from "./helperClient";
import type { EditorPrompter } from "./prompter";

export interface ConnectDeps {
  readonly extensionUri: vscode.Uri;
  readonly environment: () => SshEnvironment;
  readonly prompter: EditorPrompter;
  /** Called with a host's name once a helper answered there. */
  readonly onReached: (destination: string) => Promise<void>;
  readonly log: vscode.LogOutputChannel;
}

export function createConnect(deps: ConnectDeps): Connect {
  const { extensionUri, prompter, log } = deps;
  const helper = (platform: string) =>
    vscode.Uri.joinPath(extensionUri, "dist", "helper", platform, "emberline-helper").fsPath;
  const binaries = { "linux-x64": helper("linux-x64"), "linux-arm64": helper("linux-arm64") };

  return async (target, onPhase, signal) => {
    try {
      const link = await reachHelper(target, {
        environment: deps.environment(),
        binaries,
        prompter,
        signal,
        onPhase,
        log: (line) => log.info(line),
      });
      const client = await openHelperClient(link, log, signal);
      await prompter.accepted();
      if (target.kind === "ssh") await deps.onReached(target.destination);
      return client;
    } catch (error) {
      if (!isAbort(error)) log.error(error instanceof Error ? error : String(error));
      throw error;
    }
  };
}
