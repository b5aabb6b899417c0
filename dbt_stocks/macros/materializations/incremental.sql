{#- Overrides dbt's incremental materialization for the minute's run, if the table exists. Otherwise
    the original runs. dbt documents this kind of override:
    https://docs.getdbt.com/guides/create-new-materializations

    For each model it omits:
      - three of four DESCRIBEs, with which dbt compares the columns of query and table. The query's
        columns are declared in the contract, which is checked when the table is created and by the
        daily run, so only the table is described;
      - the DROP of the temporary table, which ends with the session;
      - the temporary view of a model whose new rows need no table.

    It applies no `grants` and no `persist_docs`. The project uses neither: setup.sql grants on future
    tables. docs/decisions/0010-dbt-overrides.md has the measurements. -#}
{% materialization incremental, adapter='snowflake' -%}
    {%- set table = load_relation(this) -%}
    {%- if table is none or not table.is_table or not is_minute() -%}
        {{ return(dbt.materialization_incremental_snowflake()) }}
    {%- endif -%}

    {{ run_hooks(pre_hooks) }}
    {%- set columns = columns_of_contract(table) -%}
    {%- set new_rows = '(' ~ compiled_code ~ ')' -%}
    {%- if config.get('tmp_relation_type') == 'table' -%}
        {%- set new_rows = make_temp_relation(this).incorporate(type='table') -%}
        {%- call statement('new_rows') -%}
            {{ create_table_as(True, new_rows, compiled_code) }}
        {%- endcall -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {{ get_incremental_bounded_merge_sql({
            'target_relation': this,
            'temp_relation': new_rows,
            'unique_key': config.get('unique_key'),
            'dest_columns': columns,
        }) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{%- endmaterialization %}

{#- Returns a table's columns. Fails unless they are those of the model's contract, as dbt does with
    `on_schema_change: fail`. -#}
{% macro columns_of_contract(table) -%}
    {%- set columns, wrong, missing = [], [], model.columns.keys() | list -%}
    {%- for row in run_query('describe table ' ~ table) -%}
        {%- set name = row['name'] | lower -%}
        {%- set type = model.columns[name].data_type | default('none') | upper | replace(' ', '') -%}
        {#- The contract's varchar is VARCHAR(16777216) in the table: compare only the start. -#}
        {%- if not row['type'].upper().startswith(type) -%}{%- do wrong.append(name) -%}{%- endif -%}
        {%- if name in missing -%}{%- do missing.remove(name) -%}{%- endif -%}
        {%- do columns.append(api.Column.from_description(row['name'], row['type'])) -%}
    {%- endfor -%}
    {%- if wrong or missing -%}
        {%- do exceptions.raise_compiler_error(
            'columns of the table differ from the contract: ' ~ (wrong + missing) | join(', ')
            ~ '; rebuild the model'
        ) -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}
