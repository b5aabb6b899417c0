{#- Overrides dbt's test materialization for `all_at_once` only. dbt reports one number per test;
    this one names each failed test, in an error that fails the run or, for tests with severity
    `warn`, in a warning. docs/decisions/0010-dbt-overrides.md has the reason. -#}
{% materialization test, adapter='snowflake' -%}
    {%- if model.test_metadata.name != 'all_at_once' -%}
        {{ return(dbt.materialization_test_default()) }}
    {%- endif -%}
    {%- call statement('counted', fetch_result=True) -%}{{ sql }}{%- endcall -%}
    {%- set counted = load_result('counted') -%}
    {%- set counts = counted.table.rows[0].values()[3:] -%}
    {%- set failed = {'error': [], 'warn': []} -%}
    {%- for test in tests_at_once(model) -%}
        {%- if counts[loop.index0] -%}
            {%- set line = 'test ' ~ test.name ~ ': ' ~ counts[loop.index0] ~ ' results' -%}
            {%- do failed[test.config.severity | lower].append(line) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if failed.warn -%}
        {%- do exceptions.warn(failed.warn | join('; ')) -%}
    {%- endif -%}
    {%- if failed.error -%}
        {%- do exceptions.raise_compiler_error(failed.error | join('; ')) -%}
    {%- endif -%}
    {%- set summary = counted.table.select(counted.table.column_names[:3]) -%}
    {%- do store_result('main', response=counted.response, agate_table=summary) -%}
    {{ return({'relations': []}) }}
{%- endmaterialization %}
