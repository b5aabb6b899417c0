{#- Any row at all. -#}
{% test is_empty(model) %}
    select * from {{ model }}
{% endtest %}
