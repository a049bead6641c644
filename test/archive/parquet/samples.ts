// Values that a Parquet file could change: the edges of each type, and what its text can hold.

interface Sample {
  /** As a table would be declared with it. */
  readonly type: string;
  readonly values: readonly string[];
  /** The first version of PostgreSQL that has it. */
  readonly since?: number;
}

const texts = [
  "", " ", "NULL", "\\N", "\\.", '"', '""', ",", "a,b", "'", "\\", "\n", "\r", "\r\n", "a\r\nb\nc", '"\n"', '",\n,"', "\t", "\u0001",
  "😀", "é", "ß\u200f", "\u{10ffff}", "nan", "t", "x".repeat(70_000), '\n"'.repeat(3_000),
]; // prettier-ignore

const numbers = [
  "0", "1", "-1", "0.5", "100", "100.0", "12.50", "0.000001", "-0.00", "1e20", "12345678901234567890.123456789",
  "1234567890123456789012345678901234567890", "0.1234567890123456789012345678901234567890", "1e-400", "1e400", "NaN",
]; // prettier-ignore

const floats = [
  "0", "-0", "1", "1.5", "0.1", "1e-5", "0.0001", "123456789", "1e15", "1e16", "123456.789", "NaN", "Infinity", "-Infinity", "16777217",
]; // prettier-ignore

const dates = ["2024-02-29", "1970-01-01", "0001-01-01", "0044-03-15 BC", "4713-01-01 BC", "9999-12-31", "10000-01-01", "5874897-12-31", "infinity", "-infinity"]; // prettier-ignore

const times = [
  "2024-02-29 12:34:56", "2024-01-01 00:00:00.1", "2024-01-01 00:00:00.000001", "2024-01-01 23:59:59.999999", "1969-12-31 23:59:59.999999",
  "0001-01-01 00:00:00", "0044-03-15 12:00:00 BC", "9999-12-31 23:59:59.999999", "10000-01-01 00:00:00", "294276-12-31 23:59:59",
  "infinity", "-infinity",
]; // prettier-ignore

export const samples: readonly Sample[] = [
  { type: "smallint", values: ["0", "-32768", "32767"] },
  { type: "integer", values: ["0", "-2147483648", "2147483647"] },
  { type: "bigint", values: ["0", "-9223372036854775808", "9223372036854775807"] },
  { type: "oid", values: ["0", "4294967295"] },
  { type: "numeric", values: [...numbers, "Infinity", "-Infinity"] },
  { type: "numeric(1000)", values: ["1", "NaN", "9".repeat(1000)] },
  { type: "numeric(10,2)", values: ["0", "0.5", "-0.01", "99999999.99", "NaN"] },
  { type: "numeric(38,10)", values: ["1", "-1234567890123456789012345678.0123456789"] },
  { type: "numeric(39,2)", values: ["1", "1234567890123456789012345678901234567.89"] },
  { type: "numeric(5,5)", values: ["0", "0.00123", "-0.99999"] },
  { type: "numeric(38,38)", values: ["0", "0.00000000000000000000000000000000000001"] },
  { type: "numeric(3,5)", values: ["0", "0.00123", "-0.00999"] },
  { type: "numeric(5,-2)", values: ["0", "12300", "-9999900"] },
  { type: "numeric(2,-1000)", values: ["0", `99${"0".repeat(1000)}`] },
  { type: "real", values: [...floats, "3.4028235e38", "1e-45", "1.17549435e-38"] },
  {
    type: "double precision",
    values: [...floats, "1e300", "5e-324", "2.2250738585072014e-308", "1.7976931348623157e308", "0.30000000000000004"],
  },
  { type: "boolean", values: ["true", "false"] },
  { type: "text", values: texts },
  { type: "varchar(100000)", values: texts },
  { type: 'varchar collate "C"', values: texts },
  { type: "char(5)", values: ["", "a", "ab  ", '"\n,'] },
  { type: '"char"', values: ["", "a", '"', ","] },
  { type: "name", values: ["", "pg_class", 'a"b'] },
  { type: "uuid", values: ["00000000-0000-0000-0000-000000000000", "FFFFFFFF-ffff-ffff-ffff-ffffffffffff"] },
  { type: "date", values: dates },
  { type: "timestamp", values: times },
  { type: "timestamp(3)", values: times },
  { type: "timestamptz", values: times },
  { type: "timestamptz(0)", values: [...times, "2024-06-01 12:00:00+05:45"] },
  { type: "time", values: ["00:00:00", "23:59:59.999999", "24:00:00"] },
  { type: "timetz", values: ["00:00:00+00", "23:59:59.999999-12", "12:00:00+05:45", "24:00:00+15:59:59"] },
  { type: "interval", values: ["0", "1 year 2 mons -3 days 04:05:06.000007", "-1 mons", "178000000 years"] },
  { type: "interval", values: ["infinity", "-infinity"], since: 17 },
  { type: "bytea", values: ["", "\\x00", "\\xdeadbeef", "\\x0a0d222c5c", `\\x${"ff00".repeat(5000)}`] },
  { type: "json", values: ['{"a": "b\\nc", "a":1}', " [1 , 2]\n", "null", '"\\u0000"'] },
  { type: "jsonb", values: ['{"b": [1.50, "x\\"y"], "a": null}', "[".repeat(500) + "]".repeat(500), "1e100"] },
  { type: "jsonpath", values: ['$."a"[*] ? (@ > 1)'] },
  { type: "int[]", values: ["{}", "{1,NULL,3}", "{{1,2},{3,4}}", "[-1:1]={1,2,3}"] },
  { type: "text[]", values: ["{}", '{a,"b,c","d\\"e","f\\\\g",NULL,"NULL","","\n"}', "{{a},{b}}"] },
  { type: "numeric(10,2)[]", values: ["{1.5,NaN,NULL}"] },
  { type: "timestamptz[]", values: ['{"2024-01-01 00:00:00Z",infinity}'] },
  { type: "jsonb[]", values: ['{"{\\"a\\": 1}",NULL}'] },
  { type: "bytea[]", values: ['{"\\\\x00",NULL}'] },
  { type: "mood[]", values: ['{sad,"a\\"b",""}'] },
  { type: "pair[]", values: ['{"(1,\\"a b\\")","(,)"}'] },
  { type: "int4range", values: ["empty", "[1,5)", "(,5)", "(,)"] },
  { type: "numrange", values: ["[1.50,2]", "(NaN,)"] },
  { type: "tstzrange", values: ['["2024-01-01 00:00:00Z",infinity)', '(,"2024-01-01 00:00:00Z"]'] },
  { type: "int4multirange", values: ["{}", "{[1,3),[5,7)}"] },
  { type: "tstzmultirange", values: ['{["2024-01-01Z","2024-02-01Z")}'] },
  { type: "mood", values: ["sad", "so so", 'a"b', ""] },
  { type: '"Odd.Type"', values: ["x"] },
  { type: "money_amount", values: ["0", "12.5", "NaN"] },
  { type: "positive", values: ["1", "2147483647"] },
  { type: "more_positive", values: ["1"] },
  { type: "moods", values: ["sad", ""] },
  { type: "day", values: dates },
  { type: "pair", values: ["(1,)", '(,"")', '(2,"a ""b"", c\n\\\\")'] },
  { type: "pg_class", values: [] },
  { type: "inet", values: ["127.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"] },
  { type: "cidr", values: ["10.0.0.0/8", "::/0"] },
  { type: "macaddr", values: ["08:00:2b:01:02:03"] },
  { type: "macaddr8", values: ["08:00:2b:01:02:03:04:05"] },
  { type: "bit(3)", values: ["101"] },
  { type: "varbit", values: ["", "1", "0101"] },
  { type: "tsvector", values: ["", "'a':1A 'b c':2,3 'it''s':4"] },
  { type: "tsquery", values: ["'a' & !'b' <-> 'c':*"] },
  { type: "xml", values: ['<a b="c">\n&lt;</a>', "text"] },
  { type: "point", values: ["(1,2)", "(NaN,-Infinity)", "(0.1,1e300)"] },
  { type: "box", values: ["(3,4),(1,2)"] },
  { type: "path", values: ["[(0,0),(1,1)]"] },
  { type: "polygon", values: ["((0,0),(1,1),(2,0))"] },
  { type: "circle", values: ["<(1,2),3>"] },
  { type: "line", values: ["{1,2,3}"] },
  { type: "lseg", values: ["[(0,0),(1,1)]"] },
  { type: "money", values: ["1234567.89", "-0.01"] },
  { type: "pg_lsn", values: ["0/0", "FFFFFFFF/FFFFFFFF"] },
  { type: "xid8", values: ["18446744073709551615"] },
  { type: "tid", values: ["(0,1)"] },
  { type: "int2vector", values: ["", "1 2 3"] },
  { type: "regclass", values: ["pg_class", "0"] },
  { type: "hstore", values: ["", '"a"=>"b", "c,d"=>NULL, "e\\"f"=>""'] },
];
