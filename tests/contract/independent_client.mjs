// A client that is not ours, the npm package chunkr-ai, against a real chunkr-local:
//   node --test independent_client.mjs        with CHUNKR_LOCAL and SAMPLE in the environment
//
// Its typed methods speak a later API, so it is used as a transport of its own (authorization, retries, JSON).
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {after, before, test} from 'node:test';
import {setTimeout as rest} from 'node:timers/promises';

import Chunkr from 'chunkr-ai';

const key = 'the-key';
const limit = 240_000;
let folder, service, client;

// Tasks whose name begins with "wait" stay queued: only those can be cancelled.
const rules = `
- match: {file_name: "wait*"}
  do: {parse: {stay: Starting}}
`;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chunkr-ai-'));
  await writeFile(join(folder, 'rules.yaml'), rules);
  service = spawn(process.env.CHUNKR_LOCAL, [
    '--listen', '127.0.0.1:0', '--state', join(folder, 'state'), '--port-file', join(folder, 'port'),
    '--rules', join(folder, 'rules.yaml'), '--key', key,
  ], {stdio: 'inherit'});
  const port = await until(async () => {
    assert.equal(service.exitCode, null, 'chunkr-local has ended');
    return (await readFile(join(folder, 'port'), 'utf8').catch(() => '')).trim();
  });
  client = new Chunkr({apiKey: key, baseURL: `http://127.0.0.1:${port}/api/v1/`});
});

after(async () => {
  if (service?.exitCode === null) {
    service.kill('SIGTERM');
    await once(service, 'exit');
  }
  await rm(folder, {recursive: true, force: true});
});

// Asks until the answer is something, with a limit.
async function until(ask) {
  for (const end = Date.now() + limit; Date.now() < end; await rest(50)) {
    const answer = await ask();
    if (answer) return answer;
  }
  assert.fail('not within the limit');
}

const submit = (body) => client.post('/task/parse', {body});
const read = (id, query = {}) => client.get(`/task/${id}`, {query});
const finished = (id) => until(async () => {
  const task = await read(id, {include_chunks: false});
  assert.ok(['Starting', 'Processing', 'Succeeded'].includes(task.status), `${task.status}: ${task.message}`);
  return task.status === 'Succeeded' && task;
});

async function submitSample(settings = {}) {
  const file = (await readFile(process.env.SAMPLE)).toString('base64');
  return submit({file, file_name: basename(process.env.SAMPLE), ...settings});
}

const segments = (task) => task.output.chunks.flatMap((chunk) => chunk.segments);

test('a document is submitted, followed, read, updated and deleted', {timeout: limit}, async () => {
  const created = await submitSample({ocr_strategy: 'Auto', expires_in: 3600});
  assert.equal(created.status, 'Starting');
  assert.deepEqual(created.output.chunks, []);
  assert.equal(created.configuration.ocr_strategy, 'Auto');

  const polled = await finished(created.task_id);
  assert.deepEqual(polled.output.chunks, [], 'include_chunks=false');
  assert.ok(polled.expires_at > polled.finished_at);

  const task = await read(created.task_id);
  assert.equal(task.output.page_count, 4);
  assert.equal(task.output.file_name, 'harbour-report.pdf');
  const table = segments(task).find((segment) => segment.segment_type === 'Table');
  assert.match(table.markdown, /\| Timber \| 1200 \| 1350 \| 150 \|/);
  assert.match(table.html, /<td>1350<\/td>/);
  for (const {bbox, page_width, page_height, page_number} of segments(task)) {
    assert.ok(bbox.left >= 0 && bbox.left + bbox.width <= page_width + 1);
    assert.ok(bbox.top >= 0 && bbox.top + bbox.height <= page_height + 1);
    assert.ok(page_number >= 1 && page_number <= 4);
  }

  const before = await client.patch(`/task/${created.task_id}/parse`, {body: {chunk_processing: {target_length: 0}}});
  assert.equal(before.configuration.chunk_processing.target_length, 512, 'the task as it was');
  await until(async () => (await read(created.task_id, {include_chunks: false})).configuration.chunk_processing
                              .target_length === 0);
  await finished(created.task_id);
  const again = await read(created.task_id);
  assert.ok(again.output.chunks.length > task.output.chunks.length, 'one segment a chunk');
  assert.ok(again.output.chunks.every((chunk) => chunk.segments.length === 1));

  const listed = await client.get('/tasks', {query: {page: 1, limit: 10}});
  assert.ok(listed.some((one) => one.task_id === created.task_id));

  assert.equal(await client.delete(`/task/${created.task_id}`), 'Task deleted');
  await assert.rejects(read(created.task_id), {status: 404});
});

test('a data URL is a document too', {timeout: limit}, async () => {
  const text = Buffer.from('# Tide table\n\nHigh water at noon.\n').toString('base64');
  const created = await submit({file: `data:text/markdown;base64,${text}`, file_name: 'tide.md'});
  await finished(created.task_id);
  const task = await read(created.task_id);
  assert.deepEqual(segments(task).map((segment) => segment.content), ['Tide table', 'High water at noon.']);
});

test('an address is fetched, and its own name wins', {timeout: limit}, async () => {
  const site = createServer((request, response) => response.end('# Harbour\n\nTwo ships.\n'));
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  try {
    const created = await submit({file: `http://127.0.0.1:${site.address().port}/harbour.md`, file_name: 'other.md'});
    assert.equal((await finished(created.task_id)).output.file_name, 'harbour.md');
    assert.deepEqual(segments(await read(created.task_id)).map((one) => one.content), ['Harbour', 'Two ships.']);
  } finally {
    site.close();
  }
});

test('a task that is queued can be cancelled, once', {timeout: limit}, async () => {
  const created = await submitSample({file_name: 'wait.pdf'});
  assert.equal(await client.get(`/task/${created.task_id}/cancel`), 'Task cancelled');
  assert.equal((await read(created.task_id)).status, 'Cancelled');
  await assert.rejects(client.get(`/task/${created.task_id}/cancel`), {status: 400});
  await assert.rejects(client.patch(`/task/${created.task_id}/parse`, {body: {}}), {status: 400});
  assert.equal(await client.delete(`/task/${created.task_id}`), 'Task deleted');
});

test('a wrong request or key is refused', {timeout: limit}, async () => {
  await assert.rejects(submit({file_name: 'nothing.pdf'}), {status: 400});
  await assert.rejects(submitSample({ocr_strategy: 'Maybe'}), {status: 400});
  const stranger = new Chunkr({apiKey: 'another', baseURL: client.baseURL, maxRetries: 0});
  await assert.rejects(stranger.get('/tasks'), {status: 401});
});
