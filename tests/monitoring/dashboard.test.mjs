// The dashboard against Grafana's own types, and by the rules of grafana/dashboard-linter. That its queries find
// something is tested where there is something to find: watched_test.cc.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import Ajv from 'ajv';
import {createGenerator} from 'ts-json-schema-generator';

const here = dirname(fileURLToPath(import.meta.url));
const read = () => JSON.parse(readFileSync(join(here, '../../metrics/grafana/chunkrd.json')));
const types = join(here, 'node_modules/@grafana/schema/dist/types/raw');

// Grafana's type of that name as a check: what is wrong with a value, as texts.
function checkOf(path, type) {
  const schema = createGenerator({path: join(types, path), type, skipTypeCheck: true, additionalProperties: false})
    .createSchema(type);
  const validate = new Ajv({allErrors: true, strict: false, allowUnionTypes: true}).compile(schema);
  return (value, where) => validate(value) ? []
    : validate.errors.map((error) => `${where}${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}

const config = (panel) => `composable/${panel}/panelcfg/x/types.gen.d.ts`;
const folders = {stat: 'stat', timeseries: 'timeseries', 'state-timeline': 'statetimeline'};
const panelsOf = (dashboard) => dashboard.panels.filter((panel) => panel.type !== 'row');

const isDashboard = checkOf('dashboard/x/types.gen.d.ts', 'Dashboard');
const isOptions = {}, isCustom = {};
for (const [type, folder] of Object.entries(folders)) {
  isOptions[type] = checkOf(config(folder), 'Options');
  isCustom[type] = type === 'stat' ? () => [] : checkOf(config(folder), 'FieldConfig');
}

// What a Prometheus data source adds to an annotation: Grafana's type leaves it open.
const ofPrometheus = ['expr', 'step', 'titleFormat', 'textFormat', 'useValueForTime'];

function schemaErrors(dashboard) {
  const known = structuredClone(dashboard);
  for (const annotation of known.annotations.list)
    for (const key of ofPrometheus) delete annotation[key];
  const errors = isDashboard(known, 'dashboard');
  for (const panel of panelsOf(dashboard)) {
    if (!(panel.type in folders)) {
      errors.push(`${panel.title}: no check for panels of type ${panel.type}`);
      continue;
    }
    errors.push(...isOptions[panel.type](panel.options, `${panel.title}: options`));
    errors.push(...isCustom[panel.type](panel.fieldConfig.defaults.custom, `${panel.title}: custom`));
  }
  return errors;
}

// dashboard-linter's rules, by their names there.
function lint(dashboard) {
  const errors = [];
  const demand = (holds, rule, where) => holds || errors.push(`${rule}: ${where}`);
  const variable = (name) => dashboard.templating.list.find((each) => each.name === name);
  const source = variable('datasource');
  demand(source?.type === 'datasource' && source.query === 'prometheus' && source.label === 'Data source',
    'template-datasource-rule', 'datasource');
  for (const [name, label] of [['job', 'Job'], ['instance', 'Instance']]) {
    const each = variable(name);
    demand(each?.type === 'query' && each.label === label && each.multi && each.allValue === '.+'
      && each.datasource.uid === '${datasource}', `template-${name}-rule`, name);
  }
  for (const each of dashboard.templating.list.filter((each) => each.type === 'query')) {
    demand(/^label_values\(.+, \w+\)$/.test(each.query.query), 'template-label-promql-rule', each.name);
    demand(each.refresh === 2, 'template-on-time-change-reload-rule', each.name);
  }
  demand(dashboard.editable === false, 'uneditable-dashboard', 'editable');
  for (const panel of panelsOf(dashboard)) {
    demand(panel.datasource?.uid === '${datasource}', 'panel-datasource-rule', panel.title);
    demand(panel.title && panel.description, 'panel-title-description-rule', panel.title ?? panel.id);
    demand(panel.fieldConfig.defaults.unit, 'panel-units-rule', panel.title);
    demand(panel.targets?.length > 0, 'panel-no-targets-rule', panel.title);
    for (const {expr} of panel.targets ?? []) {
      for (const [selector] of expr.matchAll(/\w+\{[^}]*\}|\b(?:chunkrd|process)_\w+(?!\w|\{)/g)) {
        demand(selector.includes('job=~"$job"'), 'target-job-rule', `${panel.title}: ${selector}`);
        demand(selector.includes('instance=~"$instance"'), 'target-instance-rule', `${panel.title}: ${selector}`);
      }
      for (const [, range] of expr.matchAll(/\[(.+?)\]/g))
        demand(range === '$__rate_interval' || panel.type === 'stat', 'target-rate-interval-rule', panel.title);
      for (const [counter] of expr.matchAll(/\w+_(?:total|bucket|sum|count)\{[^}]*\}(?!\[)/g))
        demand(false, 'target-counter-agg-rule', `${panel.title}: ${counter}`);
    }
  }
  return errors;
}

test('the dashboard is one by Grafana\'s own types', () => {
  assert.deepEqual(schemaErrors(read()), []);
});

test('the dashboard is as dashboard-linter wants it', () => {
  assert.deepEqual(lint(read()), []);
});

test('each panel has its own place and number, and each of its names occurs once', () => {
  const {panels} = read();
  for (const key of ['id', 'title'])
    assert.equal(new Set(panels.map((panel) => panel[key])).size, panels.length, key);
  const cells = new Set();
  for (const {title, gridPos: {x, y, w, h}} of panels) {
    assert.ok(x + w <= 24, title);
    for (let i = 0; i < w * h; ++i) {
      const cell = `${x + i % w},${y + Math.floor(i / w)}`;
      assert.ok(!cells.has(cell), `${title} lies over another panel`);
      cells.add(cell);
    }
  }
});

test('the checks see mistakes', () => {
  const broken = read();
  const [panel] = panelsOf(broken);
  broken.refesh = '30s';
  panel.options.colourMode = 'value';
  assert.ok(schemaErrors(broken).length >= 2);
  delete panel.description;
  panel.targets[0].expr = 'sum(chunkrd_documents_total)';
  panel.fieldConfig.defaults.unit = '';
  assert.ok(lint(broken).length >= 4, lint(broken));
});
