{#- Rows for which `condition` is false; NULL passes, as in a check constraint. -#}
{% test holds(model, condition, column_name=none) %}
    select *
    from {{ model }}
    where not ({{ condition }})
{% endtest %}
