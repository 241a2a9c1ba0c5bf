#include "event/value.h"

#include "base/buf.h"
#include "base/json.h"
#include "tests/unit/test.h"

static const struct {
    const char *row;
    enum value_type type;
    const char *text;
    bool ok;
    const char *printed, *json;
} rows[] = {
    {"text", VALUE_CHARBUF, "a \"b\"", true, "a \"b\"", "\"a \\\"b\\\"\""},
    {"empty text", VALUE_CHARBUF, "", true, "", "\"\""},
    {"bytes", VALUE_BYTEBUF, "ELF", true, "ELF", "\"ELF\""},
    {"dynamic", VALUE_DYNAMIC, "17", true, "17", "\"17\""},
    {"u8", VALUE_UINT8, "255", true, "255", "255"},
    {"u8 too large", VALUE_UINT8, "256", false, NULL, NULL},
    {"u16 hex", VALUE_UINT16, "0xffff", true, "65535", "65535"},
    {"u16 too large", VALUE_UINT16, "0x10000", false, NULL, NULL},
    {"u32 most", VALUE_UINT32, "4294967295", true, "4294967295", "4294967295"},
    {"u32 too large", VALUE_UINT32, "4294967296", false, NULL, NULL},
    {"u64 most", VALUE_UINT64, "18446744073709551615", true, "18446744073709551615",
     "18446744073709551615"},
    {"u64 too large", VALUE_UINT64, "18446744073709551616", false, NULL, NULL},
    {"u64 negative", VALUE_UINT64, "-1", false, NULL, NULL},
    {"u64 empty", VALUE_UINT64, "", false, NULL, NULL},
    {"u64 words", VALUE_UINT64, "12x", false, NULL, NULL},
    {"u64 space", VALUE_UINT64, " 12", false, NULL, NULL},
    {"i8 least", VALUE_INT8, "-128", true, "-128", "-128"},
    {"i8 too small", VALUE_INT8, "-129", false, NULL, NULL},
    {"i8 too large", VALUE_INT8, "128", false, NULL, NULL},
    {"i16 least", VALUE_INT16, "-32768", true, "-32768", "-32768"},
    {"i16 too large", VALUE_INT16, "32768", false, NULL, NULL},
    {"i32 least", VALUE_INT32, "-2147483648", true, "-2147483648", "-2147483648"},
    {"i32 too large", VALUE_INT32, "2147483648", false, NULL, NULL},
    {"i64 least", VALUE_INT64, "-9223372036854775808", true, "-9223372036854775808",
     "-9223372036854775808"},
    {"i64 too large", VALUE_INT64, "9223372036854775808", false, NULL, NULL},
    {"i64 a sign only", VALUE_INT64, "-", false, NULL, NULL},
    {"true", VALUE_BOOL, "true", true, "true", "true"},
    {"false", VALUE_BOOL, "false", true, "false", "false"},
    {"truth in capitals", VALUE_BOOL, "True", false, NULL, NULL},
    {"truth as number", VALUE_BOOL, "1", false, NULL, NULL},
    {"double", VALUE_DOUBLE, "-1.5", true, "-1.5", "-1.5"},
    {"double with exponent", VALUE_DOUBLE, "25e-1", true, "2.5", "2.5"},
    {"double infinite", VALUE_DOUBLE, "1e999", false, NULL, NULL},
    {"double nan", VALUE_DOUBLE, "nan", false, NULL, NULL},
    {"double hex", VALUE_DOUBLE, "0x1", false, NULL, NULL},
    {"double two points", VALUE_DOUBLE, "1.2.3", false, NULL, NULL},
    {"double empty", VALUE_DOUBLE, "", false, NULL, NULL},
    {"IPv4", VALUE_IPADDR, "10.1.2.3", true, "10.1.2.3", "\"10.1.2.3\""},
    {"IPv6", VALUE_IPADDR, "2001:DB8:0:0:0:0:0:1", true, "2001:db8::1", "\"2001:db8::1\""},
    {"IPv4 of three parts", VALUE_IPADDR, "10.1.2", false, NULL, NULL},
    {"IPv4 too large", VALUE_IPADDR, "10.1.2.256", false, NULL, NULL},
    {"address with prefix", VALUE_IPADDR, "10.1.2.3/8", false, NULL, NULL},
    {"address with zone", VALUE_IPADDR, "fe80::1%eth0", false, NULL, NULL},
    {"address too long", VALUE_IPADDR, "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
     false, NULL, NULL},
    {"address, all digits", VALUE_IPADDR, "255.0.9.10", true, "255.0.9.10", "\"255.0.9.10\""},
    {"net", VALUE_IPNET, "10.0.0.0/8", true, "10.0.0.0/8", "\"10.0.0.0/8\""},
    {"net of everything", VALUE_IPNET, "0.0.0.0/0", true, "0.0.0.0/0", "\"0.0.0.0/0\""},
    {"net of one", VALUE_IPNET, "::1", true, "::1/128", "\"::1/128\""},
    {"net IPv6", VALUE_IPNET, "fd00::/8", true, "fd00::/8", "\"fd00::/8\""},
    {"net prefix too long", VALUE_IPNET, "10.0.0.0/33", false, NULL, NULL},
    {"net prefix missing", VALUE_IPNET, "10.0.0.0/", false, NULL, NULL},
    {"net prefix hex", VALUE_IPNET, "10.0.0.0/0x8", false, NULL, NULL},
    {"net two slashes", VALUE_IPNET, "10.0.0.0/8/8", false, NULL, NULL},
    {"net without address", VALUE_IPNET, "/8", false, NULL, NULL},
    {"port", VALUE_PORT, "443", true, "443", "443"},
    {"port too large", VALUE_PORT, "65536", false, NULL, NULL},
    {"port by name", VALUE_PORT, "https", false, NULL, NULL},
    {"duration", VALUE_RELTIME, "3600000000000", true, "3600000000000", "3600000000000"},
    {"time", VALUE_ABSTIME, "1795526080521821111", true, "1795526080521821111",
     "1795526080521821111"},
};

static void parse_print_json(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf out = {0};
        struct value value = {.kind = VALUE_ABSENT};

        test_row(rows[i].row);
        CHECK_INT(value_parse(rows[i].type, sv(rows[i].text), &value), rows[i].ok);
        if (!rows[i].ok) {
            CHECK_INT(value.kind, VALUE_ABSENT); /* nothing is written on failure */
            continue;
        }
        CHECK_INT(value.kind, value_type_kind(rows[i].type));
        value_print(&out, rows[i].type, &value);
        CHECK_STR(buf_cstr(&out), rows[i].printed);
        buf_reset(&out);
        struct json_writer w = json_writer_on(&out);
        value_json(&w, rows[i].type, &value);
        CHECK_STR(buf_cstr(&out), rows[i].json);
    }
}

static void an_address_with_a_nul_is_none(void **state)
{
    struct value value;

    CHECK(!value_parse(VALUE_IPADDR, SV("10.1.2.3\0"), &value));
    CHECK(!value_parse(VALUE_IPADDR, (struct sv){NULL, 0}, &value));
}

static void absent_is_printed(void **state)
{
    struct value absent = {.kind = VALUE_ABSENT};
    scoped(buf_done) struct buf out = {0};
    struct json_writer w = json_writer_on(&out);

    value_print(&out, VALUE_CHARBUF, &absent);
    CHECK_STR(buf_cstr(&out), "<NA>");
    buf_reset(&out);
    value_json(&w, VALUE_CHARBUF, &absent);
    CHECK_STR(buf_cstr(&out), "null");
}

static void equality(void **state)
{
    static const struct {
        const char *row;
        enum value_type a_type;
        const char *a;
        enum value_type b_type;
        const char *b;
        bool equal;
    } pairs[] = {
        {"texts", VALUE_CHARBUF, "sh", VALUE_CHARBUF, "sh", true},
        {"other texts", VALUE_CHARBUF, "sh", VALUE_CHARBUF, "bash", false},
        {"numbers", VALUE_UINT64, "7", VALUE_UINT8, "7", true},
        {"signed and unsigned", VALUE_INT64, "7", VALUE_UINT64, "7", true},
        {"minus one is not the most", VALUE_INT64, "-1", VALUE_UINT64, "18446744073709551615",
         false},
        {"minus one twice", VALUE_INT64, "-1", VALUE_INT32, "-1", true},
        {"number and text", VALUE_UINT64, "7", VALUE_CHARBUF, "7", false},
        {"truth", VALUE_BOOL, "true", VALUE_BOOL, "true", true},
        {"truth and its contrary", VALUE_BOOL, "true", VALUE_BOOL, "false", false},
        {"reals", VALUE_DOUBLE, "0.5", VALUE_DOUBLE, "5e-1", true},
        {"other reals", VALUE_DOUBLE, "0.5", VALUE_DOUBLE, "0.25", false},
        {"addresses", VALUE_IPADDR, "::1", VALUE_IPADDR, "0::1", true},
        {"families", VALUE_IPADDR, "0.0.0.0", VALUE_IPADDR, "::", false},
        {"address in net", VALUE_IPADDR, "10.9.8.7", VALUE_IPNET, "10.0.0.0/8", true},
        {"net around address", VALUE_IPNET, "10.0.0.0/8", VALUE_IPADDR, "10.9.8.7", true},
        {"address not in net", VALUE_IPADDR, "11.9.8.7", VALUE_IPNET, "10.0.0.0/8", false},
        {"odd prefix, in", VALUE_IPADDR, "172.31.255.255", VALUE_IPNET, "172.16.0.0/12", true},
        {"odd prefix, out", VALUE_IPADDR, "172.32.0.0", VALUE_IPNET, "172.16.0.0/12", false},
        {"host bits do not matter", VALUE_IPADDR, "10.1.1.1", VALUE_IPNET, "10.2.3.4/8", true},
        {"IPv6 in net", VALUE_IPADDR, "fd12::1", VALUE_IPNET, "fd00::/8", true},
        {"all of IPv4", VALUE_IPADDR, "1.2.3.4", VALUE_IPNET, "0.0.0.0/0", true},
        {"IPv6 not in IPv4", VALUE_IPADDR, "::1", VALUE_IPNET, "0.0.0.0/0", false},
        {"net in net", VALUE_IPNET, "10.1.0.0/16", VALUE_IPNET, "10.0.0.0/8", true},
        {"net beside net", VALUE_IPNET, "11.1.0.0/16", VALUE_IPNET, "10.0.0.0/8", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct value a, b;

        test_row(pairs[i].row);
        CHECK(value_parse(pairs[i].a_type, sv(pairs[i].a), &a));
        CHECK(value_parse(pairs[i].b_type, sv(pairs[i].b), &b));
        CHECK_INT(value_equal(&a, &b), pairs[i].equal);
        CHECK_INT(value_equal(&b, &a), pairs[i].equal);
    }
    test_row("absent");
    struct value absent = {.kind = VALUE_ABSENT};
    CHECK(!value_equal(&absent, &absent));
}

static void types(void **state)
{
    CHECK_STR(value_type_name(VALUE_CHARBUF), "CHARBUF");
    CHECK_STR(value_type_name(VALUE_DYNAMIC), "DYNAMIC");
    CHECK(value_type_numeric(VALUE_PORT));
    CHECK(value_type_numeric(VALUE_DOUBLE));
    CHECK(value_type_numeric(VALUE_RELTIME));
    CHECK(!value_type_numeric(VALUE_BOOL));
    CHECK(!value_type_numeric(VALUE_CHARBUF));
    CHECK(!value_type_numeric(VALUE_IPADDR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_print_json),
        cmocka_unit_test(an_address_with_a_nul_is_none),
        cmocka_unit_test(absent_is_printed),
        cmocka_unit_test(equality),
        cmocka_unit_test(types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
