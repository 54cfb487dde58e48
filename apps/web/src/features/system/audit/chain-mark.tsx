import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { IconAlertCircle, IconShieldCheck } from '../../../components/icons.ts';
import { describeFailure } from '../../../model/failures.ts';
import { useAppModel } from '../../../model/use-app-model.ts';
import classes from './audit.module.css';
import { type ChainReport, sha256InBrowser, verifyExport } from './verify-export.ts';

type Check =
  | { readonly phase: 'never' }
  | { readonly phase: 'running'; readonly count: number }
  | { readonly phase: 'done'; readonly report: ChainReport }
  | { readonly phase: 'failed'; readonly reason: string };

/** Whether the hash chain is intact from the first entry on. This browser verifies it itself, without trusting the server. */
export function ChainMark() {
  const { http, openAuditExport } = useAppModel();
  const [check, setCheck] = useState<Check>({ phase: 'never' });
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  function verify(): void {
    const controller = new AbortController();
    running.current = controller;
    const { signal } = controller;
    const look = async (): Promise<ChainReport> => {
      if (!window.isSecureContext)
        throw new Error(
          'Over a connection without TLS this browser cannot compute hashes: use parley audit verify.',
        );
      setCheck({ phase: 'running', count: 0 });
      const head = await http.auditHead({ signal });
      const { body } = await openAuditExport(signal);
      if (body === null) throw new Error('The server sent nothing.');
      return verifyExport(textOf(body), head, sha256InBrowser, (count) =>
        setCheck({ phase: 'running', count }),
      );
    };
    look().then(
      (report) => setCheck({ phase: 'done', report }),
      (error: unknown) => {
        if (!signal.aborted) setCheck({ phase: 'failed', reason: describeFailure(error) });
      },
    );
  }

  return (
    <>
      <span className={classes.mark} role="status" data-tone={toneOf(check)}>
        <Verdict check={check} />
      </span>
      <Button variant="default" loading={check.phase === 'running'} onClick={verify}>
        Verify the chain
      </Button>
    </>
  );
}

function Verdict({ check }: { check: Check }) {
  if (check.phase === 'never') return null;
  if (check.phase === 'running') return `${check.count} entries read …`;
  if (check.phase === 'failed') return `It could not be verified: ${check.reason}`;
  const { count, lastHash, problem } = check.report;
  if (problem !== undefined) {
    return (
      <>
        <IconAlertCircle size={15} aria-hidden="true" /> Broken: {problem}
      </>
    );
  }
  return (
    <>
      <IconShieldCheck size={15} aria-hidden="true" /> Verified: {count} {count === 1 ? 'entry' : 'entries'},
      unbroken
      {lastHash === undefined ? null : (
        <>
          {' '}
          to <code title={lastHash}>{lastHash.slice(0, 8)}</code>
        </>
      )}
    </>
  );
}

function toneOf(check: Check): 'good' | 'bad' | undefined {
  if (check.phase === 'failed') return 'bad';
  if (check.phase !== 'done') return undefined;
  return check.report.problem === undefined ? 'good' : 'bad';
}

async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      yield decoder.decode(part.value, { stream: true });
    }
  } finally {
    await reader.cancel();
  }
}
