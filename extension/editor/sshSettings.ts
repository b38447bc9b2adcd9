/** The user's ssh configuration as the settings choose it. Setting: emberline.ssh.configFile. */
import { listHostAliases } from "../remote/sshConfig";
import {
  defaultSshEnvironment,
  expandHome,
  readSshConfig,
  type SshEnvironment,
} from "../remote/sshConfigFile";
import { readSetting } from "./settings";

export function sshEnvironment(): SshEnvironment {
  const environment = defaultSshEnvironment();
  const chosen = readSetting("ssh.configFile").trim();
  return chosen === ""
    ? environment
    : { ...environment, userConfigPath: expandHome(chosen, environment) };
}

/** Host aliases of the configuration; rejects with a catalogue error when it cannot be read. */
export async function readAliases(): Promise<readonly string[]> {
  return listHostAliases(await readSshConfig(sshEnvironment()));
}
