import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { canInstallPackages, installPackages } from './apt.mjs';
import { findExecutable } from './find-executable.mjs';

const run = promisify(execFile);

/** @param {string} python */
async function hasGrpc(python) {
  try {
    await run(python, ['-c', 'import grpc, google.protobuf']);
    return true;
  } catch {
    return false;
  }
}

async function findPython() {
  if (!findExecutable(['protoc'])) return undefined;
  for (const python of [process.env.AGENT_PYTHON, findExecutable(['python3']), '/usr/bin/python3'])
    if (python && (await hasGrpc(python))) return python;
  return undefined;
}

function findGo() {
  const isComplete =
    findExecutable(['protoc']) &&
    findExecutable(['protoc-gen-go']) &&
    findExecutable(['protoc-gen-go-grpc']) &&
    existsSync('/usr/share/gocode/src/google.golang.org/grpc') &&
    // An older protobuf package is not compatible with the plugin's code.
    existsSync('/usr/share/gocode/src/github.com/golang/protobuf/proto/registry.go');
  return isComplete ? findExecutable(['go']) : undefined;
}

/**
 * The languages of the agents in `examples/`. Python is installed where it can be; Go, which is large, is used where it is. A
 * missing language is logged, and its tests are skipped.
 *
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<{ env: Record<string, string>, stop: () => Promise<void> }>}
 */
export async function provisionForeignLanguages({ log = () => undefined } = {}) {
  let python = await findPython();
  if (!python && canInstallPackages()) {
    // Packages that cannot be installed are skipped.
    await installPackages(['python3-grpcio', 'python3-protobuf', 'protobuf-compiler'], log).catch((error) =>
      log(error instanceof Error ? error.message : String(error)),
    );
    python = await findPython();
  }
  const go = findGo();
  if (!python)
    log(
      'the agent in Python is not tested: it needs python3 with grpcio and protobuf, and protoc (Debian: sudo apt-get install python3-grpcio protobuf-compiler)',
    );
  if (!go)
    log(
      'the agent in Go is not tested: it needs go, and protoc with its plugins (Debian: sudo apt-get install golang-go golang-google-grpc-dev golang-github-golang-protobuf-1-5-dev protoc-gen-go protoc-gen-go-grpc)',
    );
  return {
    env: { ...(python ? { AGENT_PYTHON: python } : {}), ...(go ? { AGENT_GO: go } : {}) },
    stop: async () => undefined,
  };
}
