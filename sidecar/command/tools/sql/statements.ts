/** Whether SQL does more than read, as far as its words tell: what is not certain to read counts as more. Pure. */
import { type Dialect, type Token, tokensOf } from './tokens.ts';

const words = (text: string) => new Set(text.split(/\s+/));

/** UTF-16 units of SQL that are looked at. */
const MAX_SQL = 64 * 1024;

/** Statements that read, unless one of the words below stands in them. */
const READING = words('select with table values show describe desc explain help');
/** Of the session or the transaction alone. */
const NEUTRAL = words('begin commit rollback end abort savepoint release use set declare fetch close');
/** Settings by which what is a quote changes. */
const QUOTING = ['standard_conforming_strings', 'backslash_quote', 'sql_mode'];
const WRITING = words(
  'insert update delete merge replace into truncate drop alter create grant revoke call do execute copy load global ' +
    'persist persist_only password outfile dumpfile lock import attach',
);
/** May stand before a parenthesis without being a function. */
const BEFORE_PARENTHESIS = words(
  'select from where and or not in as on using join values with exists any all some over by having union except ' +
    'intersect distinct case when then else between like ilike similar is limit offset filter within group row array ' +
    'interval materialized recursive lateral explain only set order end return to',
);
/** Functions, and types with a length, that are known to change nothing. */
const READING_FUNCTIONS = words(
  'abs age any_value array_agg array_length array_to_string avg bigint bit_length bool_and bool_or cardinality cast ceil ' +
    'ceiling char char_length character chr coalesce col_description concat concat_ws convert count cume_dist curdate ' +
    'current_database current_date current_schema current_schemas current_setting current_timestamp current_user curtime ' +
    'database date date_add date_bin date_diff date_format date_part date_sub date_trunc datediff datetime day dayname ' +
    'decimal decode dense_rank encode every exp extract first_value floor format format_type from_unixtime generate_series ' +
    'geometry greatest group_concat has_database_privilege has_schema_privilege has_table_privilege hex hour if ifnull iif ' +
    'initcap instr int integer isnull json json_agg json_array json_array_length json_build_object json_each json_extract ' +
    'json_object json_object_agg json_query json_type json_value jsonb_agg jsonb_array_elements jsonb_build_object jsonb_each ' +
    'jsonb_object_keys jsonb_path_query jsonb_pretty json_array_elements lag last_day last_value lcase lead least left length ' +
    'ln locate log lower lpad ltrim max md5 min minute mod month now nth_value ntile nullif numeric obj_description octet_length ' +
    'percent_rank percentile_cont percentile_disc pg_backend_pid pg_column_size pg_database_size pg_get_constraintdef ' +
    'pg_get_expr pg_get_functiondef pg_get_indexdef pg_get_userbyid pg_get_viewdef pg_indexes_size pg_is_in_recovery ' +
    'pg_postmaster_start_time pg_relation_size pg_size_pretty pg_table_is_visible pg_table_size pg_total_relation_size ' +
    'position power printf quarter quote_ident quote_literal random rank regexp_match regexp_matches regexp_replace ' +
    'regexp_split_to_array regexp_split_to_table repeat reverse right round row_number row_to_json rpad rtrim second sign ' +
    'split_part sqlite_version sqrt starts_with stddev str_to_date strftime string_agg string_to_array strpos substr substring ' +
    'substring_index sum time timestamp timestampdiff to_char to_date to_hex to_json to_jsonb to_number to_regclass ' +
    'to_timestamp total translate trim trunc typeof ucase unicode unix_timestamp unixepoch unnest upper user utc_timestamp ' +
    'uuid varchar variance version week weekday width_bucket year',
);

/** True unless every statement in `text` certainly only reads. */
export function writes(text: string, dialect: Dialect): boolean {
  if (text.length > MAX_SQL) return true;
  let statement: Token[] = [];
  const isWrite = () => statement.length > 0 && statementWrites(statement, dialect);
  for (const token of tokensOf(text, dialect)) {
    if (token.kind === 'unclear') return true;
    const ends = (token.kind === 'sign' && token.text === ';') || token.kind === 'meta';
    if (!ends) {
      statement.push(token);
      continue;
    }
    if (isWrite() || (token.kind === 'meta' && metaWrites(token.text, dialect))) return true;
    statement = [];
  }
  return isWrite();
}

function statementWrites(tokens: readonly Token[], dialect: Dialect): boolean {
  const start = tokens.findIndex((token) => !(token.kind === 'sign' && token.text === '('));
  const first = tokens[start];
  if (first?.kind !== 'word')
    return !(first?.kind === 'sign' && first.text === '.' && dotReads(tokens, dialect));
  if (first.text === 'explain' && !has(tokens, 'analyze')) return false;
  if (first.text === 'copy') return copyWrites(tokens);
  if (first.text === 'pragma') return pragmaWrites(tokens);
  const begins = first.text === 'start' && textAt(tokens, start + 1) === 'transaction';
  if (!READING.has(first.text) && !NEUTRAL.has(first.text) && !begins) return true;
  if (QUOTING.some((name) => has(tokens, name))) return true;
  return tokens.some((token, place) => isWriting(tokens, token, place) || callsUnknown(tokens, token, place));
}

function has(tokens: readonly Token[], word: string): boolean {
  return tokens.some((token) => token.kind === 'word' && token.text === word);
}

/** `FOR UPDATE` locks what it reads; `replace(…)` is a function. */
function isWriting(tokens: readonly Token[], token: Token, place: number): boolean {
  if (token.kind !== 'word' || !WRITING.has(token.text)) return false;
  // `t.delete` is a column.
  if (textAt(tokens, place - 1) === '.') return false;
  if (token.text === 'update') return !['for', 'key'].includes(textAt(tokens, place - 1));
  return token.text !== 'replace' || textAt(tokens, place + 1) !== '(';
}

function callsUnknown(tokens: readonly Token[], token: Token, place: number): boolean {
  const next = tokens[place + 1];
  if (next?.kind !== 'sign' || next.text !== '(') return false;
  if (token.kind === 'quoted') return textAt(tokens, place - 1) !== 'with';
  if (token.kind !== 'word') return false;
  if (BEFORE_PARENTHESIS.has(token.text) || READING_FUNCTIONS.has(token.text))
    return isQualified(tokens, place);
  if (token.text === 'replace') return false;
  // The columns of a name that WITH gives.
  return !['with', 'recursive', 'as'].includes(textAt(tokens, place - 1));
}

/** `other.now()` is somebody's own, `pg_catalog.now()` is not. */
function isQualified(tokens: readonly Token[], place: number): boolean {
  return textAt(tokens, place - 1) === '.' && textAt(tokens, place - 2) !== 'pg_catalog';
}

function textAt(tokens: readonly Token[], place: number): string {
  const token = tokens[place];
  return token?.kind === 'word' || token?.kind === 'sign' ? token.text : '';
}

/** `COPY t TO STDOUT` reads; FROM writes, and PROGRAM runs one. */
function copyWrites(tokens: readonly Token[]): boolean {
  const rest = tokens.slice(1);
  const isQuery = textAt(rest, 0) === '(';
  if (!has(rest, 'to') || has(rest, 'program')) return true;
  return isQuery
    ? statementWrites(
        rest.slice(
          0,
          rest.findLastIndex((token) => textOf(token) === 'to'),
        ),
        'postgresql',
      )
    : has(rest, 'from');
}

function textOf(token: Token): string {
  return token.kind === 'word' || token.kind === 'sign' ? token.text : '';
}

const READING_PRAGMAS = words(
  'table_info table_xinfo table_list index_info index_xinfo index_list foreign_key_list foreign_key_check database_list ' +
    'integrity_check quick_check compile_options collation_list function_list pragma_list user_version page_count page_size ' +
    'schema_version journal_mode encoding freelist_count foreign_keys',
);

function pragmaWrites(tokens: readonly Token[]): boolean {
  const name = tokens.findLast((token) => token.kind === 'word' && READING_PRAGMAS.has(token.text));
  return name === undefined || tokens.some((token) => textOf(token) === '=');
}

const READING_DOTS = words(
  '.tables .schema .databases .indexes .indices .dump .mode .headers .header .width .show .stats .timer .help .quit .exit ' +
    '.fullschema .dbinfo .nullvalue .separator .changes .echo .explain .bail .print .lint .sha3sum .prompt .eqp .limit',
);

/** A command of the client's own, as `.tables`; up to the end of the line there is nothing else. */
function dotReads(tokens: readonly Token[], dialect: Dialect): boolean {
  return (
    dialect === 'sqlite' &&
    READING_DOTS.has(`.${textAt(tokens, 1)}`) &&
    !tokens.some((token) => textOf(token) === '|')
  );
}

/** `\dt`, `\x`, `\G`. What runs a program, reads a file or sends what was printed is none of these. */
const READING_META: Readonly<Record<Dialect, RegExp>> = {
  postgresql:
    /^\\(d[A-Za-z]*[S+]*|l\+?|list|z|conninfo|x|q|timing|pset|t|a|f|H|C|T|encoding|echo|qecho|warn|h|help|\?|c|connect|sf\+?|sv\+?|errverbose|g|gx|gdesc|crosstabview|watch|s|p|r|copyright|dconfig\+?)(\s[^|`\\]*)?$/,
  mysql: /^\\[GgcsuWw]([\s;]*)$/,
  sqlite: /^$/,
};

function metaWrites(text: string, dialect: Dialect): boolean {
  const copy = /^\\copy\s+(.*)$/is.exec(text)?.[1];
  if (copy !== undefined && dialect === 'postgresql') return writes(`copy ${copy}`, dialect);
  return !READING_META[dialect].test(text.trimEnd());
}
