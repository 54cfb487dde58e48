import { execFile } from 'node:child_process';
import { cp, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type ParleyProcess, startProgram } from './parley-process.ts';

const root = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

/** An agent of `examples/`, in another language than Parley's. */
export interface ForeignAgent {
  /** As people see it. */
  readonly name: string;
  /** Why it cannot be run here; undefined: it can. */
  readonly missing: string | undefined;
  /**
   * Makes what is generated and compiled, in a folder of its own. Returns what starts it.
   * @param file another agent in its language. @default the one of `examples/`
   */
  build(folder: string, file?: string): Promise<(env: Readonly<Record<string, string>>) => ParleyProcess>;
}

const protoFiles = async (): Promise<string[]> =>
  (await readdir(path.join(root, 'protos/parley/v1'))).map((file) => `parley/v1/${file}`);

/** Where Debian keeps the sources of Go's packages. */
const GO_SOURCES = '/usr/share/gocode';
const { AGENT_PYTHON, AGENT_GO } = process.env;

export const FOREIGN_AGENTS: readonly ForeignAgent[] = [
  {
    name: 'Python',
    missing: AGENT_PYTHON ? undefined : 'no python3 with grpcio and protobuf, or no protoc',
    async build(folder, file = path.join(root, 'examples/python/agent.py')) {
      const protoc = ['-I', path.join(root, 'protos'), `--python_out=${folder}`, ...(await protoFiles())];
      await run('protoc', protoc);
      return (env) =>
        startProgram('python', [String(AGENT_PYTHON), file], {
          ...env,
          PYTHONPATH: folder,
          PYTHONUNBUFFERED: '1',
        });
    },
  },
  {
    name: 'Gopher',
    missing: AGENT_GO
      ? undefined
      : "no go, or no protoc-gen-go, protoc-gen-go-grpc and sources of gRPC as Debian's",
    async build(folder) {
      const module = path.join(folder, 'src/parley.example');
      await mkdir(module, { recursive: true });
      await cp(path.join(root, 'examples/go'), module, { recursive: true });
      await run('protoc', [
        '-I',
        path.join(root, 'protos'),
        ...['go', 'go-grpc'].flatMap((plugin) => [
          `--${plugin}_out=${module}`,
          `--${plugin}_opt=module=parley.example`,
        ]),
        ...(await protoFiles()),
      ]);
      const program = path.join(folder, 'agent');
      const env = { ...process.env, GO111MODULE: 'off', GOPATH: `${folder}:${GO_SOURCES}` };
      await run(String(AGENT_GO), ['build', '-o', program, '.'], { cwd: module, env });
      return (own) => startProgram('go', [program], own);
    },
  },
];
